//! Wire types: logging in and out.

use serde::Serialize;
use utoipa::ToSchema;

/// What a login gives.
#[derive(Serialize, ToSchema)]
pub struct TokenResponse {
    /// What to send as `Authorization: Bearer`.
    #[schema(example = "pd_5e1f")]
    pub access_token: String,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    pub token_type: &'static str,
    /// How long the access token holds, in seconds.
    #[schema(value_type = i64, example = 3600)]
    pub expires_in: u64,
    /// What gets the next access token, once. For clients that share it, it gets the same for an hour, or for 10
    /// seconds after what it got was used.
    #[schema(example = "pd_7a2c")]
    pub refresh_token: String,
    /// How long the refresh token holds, in seconds.
    #[schema(value_type = i64, example = 604_800)]
    pub refresh_token_expires_in: u64,
    /// What the application may do, with spaces between.
    #[schema(example = "ReadAccounts ReadPresence EditPresence")]
    pub scope: String,
    /// The id of the extension that is logged in.
    #[schema(example = "1")]
    pub owner_id: String,
    /// The name of this login.
    #[schema(example = "0f1e2d3c4b5a6978")]
    pub session_id: String,
    /// The name of the application's instance: its own, or one that it is given. It stays while the user is logged in.
    #[schema(example = "desk-1")]
    pub endpoint_id: String,
}

/// Why there was no login.
#[derive(Serialize, ToSchema)]
pub struct OAuthError {
    /// The kind of refusal (RFC 6749, section 5.2).
    #[schema(example = "invalid_client")]
    pub error: &'static str,
    /// What people are told.
    #[schema(example = "The application is not known")]
    pub error_description: String,
    /// The same with a code.
    pub errors: Vec<OAuthErrorItem>,
}

/// One error of a refused login.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OAuthErrorItem {
    /// What programs decide by.
    #[schema(example = "OAU-123")]
    pub error_code: &'static str,
    /// What people are told.
    #[schema(example = "The application is not known")]
    pub message: String,
}

/// Nothing.
#[derive(Serialize, ToSchema)]
pub struct Nothing {}

/// What is asked for.
#[derive(ToSchema)]
#[schema(example = json!({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "demo-alice"}))]
pub struct TokenRequest {
    /// What the user is known by.
    #[schema(example = "urn:ietf:params:oauth:grant-type:jwt-bearer")]
    pub grant_type: String,
    /// The assertion, for that grant.
    #[schema(example = "demo-alice", nullable = false)]
    pub assertion: Option<String>,
    /// The refresh token, for that grant.
    #[schema(example = "pd_7a2c", nullable = false)]
    pub refresh_token: Option<String>,
    /// The code, for that grant.
    #[schema(example = "pd_9b1d", nullable = false)]
    pub code: Option<String>,
    /// Where the user was sent back to with it.
    #[schema(example = "https://desk.example.com/back", nullable = false)]
    pub redirect_uri: Option<String>,
    /// That of which the challenge was the hash.
    #[schema(example = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", nullable = false)]
    pub code_verifier: Option<String>,
    /// The application, if it does not authenticate itself.
    #[schema(example = "desk", nullable = false)]
    pub client_id: Option<String>,
    /// How long the access token should hold, in seconds.
    #[schema(value_type = Option<i64>, example = 600, nullable = false)]
    pub access_token_ttl: Option<i64>,
    /// The same of the refresh token.
    #[schema(value_type = Option<i64>, example = 3600, nullable = false)]
    pub refresh_token_ttl: Option<i64>,
    /// A name of the application's instance, to be told again.
    #[schema(max_length = 255, example = "desk-1", nullable = false)]
    pub endpoint_id: Option<String>,
}

/// The token to end.
#[derive(ToSchema)]
#[schema(example = json!({"token": "pd_5e1f"}))]
pub struct RevokeRequest {
    /// An access token or a refresh token.
    #[schema(example = "pd_5e1f")]
    pub token: String,
}

/// The answer of a page: what a user says of themselves, or of the application.
#[derive(ToSchema)]
#[schema(example = json!({"response_type": "code", "client_id": "desk",
    "redirect_uri": "https://desk.example.com/back", "token": "pd_5e1f"}))]
pub struct AuthorizationAnswer {
    /// The parameters of the question, again.
    #[schema(example = "code")]
    pub response_type: String,
    #[schema(example = "desk")]
    pub client_id: String,
    #[schema(example = "https://desk.example.com/back")]
    pub redirect_uri: String,
    #[schema(example = "xyz", nullable = false)]
    pub state: Option<String>,
    #[schema(example = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", nullable = false)]
    pub code_challenge: Option<String>,
    #[schema(example = "S256", nullable = false)]
    pub code_challenge_method: Option<String>,
    /// A presenced token of the user's.
    #[schema(example = "pd_5e1f", nullable = false)]
    pub token: Option<String>,
    /// Who it is, by the id of their extension, where anybody may be anybody.
    #[schema(example = "1", nullable = false)]
    pub user: Option<String>,
    /// The same by any of their names.
    #[schema(example = "101", nullable = false)]
    pub login_hint: Option<String>,
    /// Not empty: the user does not want it.
    #[schema(example = "1", nullable = false)]
    pub deny: Option<String>,
}
