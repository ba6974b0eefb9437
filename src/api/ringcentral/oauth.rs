//! `/restapi/oauth`: how applications log users in, and out.
//! Source: RFC 6749, RFC 7523 and RFC 7009; RingCentral's developer guide, "Authentication".

pub(super) mod authorize;
mod codes;
mod page;
mod refusal;

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension, Json,
    body::Body,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, header, request::Parts},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use self::{
    codes::Proof,
    refusal::{OAuthFailure, OAuthRefusal},
};
use super::{
    Own,
    config::{OAuthApp, RingCentral},
    rate::{Note, RateGroup, Refusals},
    types::{Nothing, RevokeRequest, TokenRequest, TokenResponse},
};
use crate::{
    api::{
        body::{self, BodyError},
        refusal::Refusal as _,
    },
    app::App,
    audit,
    auth::{
        AuthError,
        assertion::{Assertion, Once, Subject},
    },
    directory::{Holder, LoggedIn, Login, Scope, Scopes, Session, TokenId, TokenSecret, User},
    id::{DeviceId, UserId},
    presence::Timestamp,
    request::RequestInfo,
};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The longest name of an application's instance.
const MOST_ENDPOINT_BYTES: usize = 255;

/// The shortest life of a token that a client may ask for, in seconds.
const SHORTEST_LIFE: u64 = 60;

type Result<T> = std::result::Result<T, OAuthFailure>;

impl OAuthFailure {
    fn refused(error: &'static str, code: &'static str, why: impl Into<String>) -> Self {
        OAuthRefusal::oauth(error, code, why).into()
    }

    fn invalid_client() -> Self {
        OAuthRefusal::invalid_client().into()
    }

    fn invalid_request(why: impl Into<String>) -> Self {
        Self::refused("invalid_request", "CMN-101", why)
    }

    fn unknown_refresh_token() -> Self {
        Self::invalid_grant("OAU-213", "The refresh token is not known, or its time is over")
    }

    fn bad_code() -> Self {
        let why = "The code is not known, its time is over, or it is not this application's";
        Self::invalid_grant("OAU-105", why)
    }

    fn bad_assertion(error: AuthError) -> Self {
        let why = match error {
            AuthError::Unavailable => return OAuthRefusal::unavailable(&AuthError::unavailable()).into(),
            AuthError::Jwt(error) => format!("The assertion is of no use: {error}"),
            AuthError::Expired => "The assertion has expired".to_owned(),
            AuthError::Revoked => "The assertion was revoked, or its user has signed out since".to_owned(),
            _ => "The assertion names nobody who is known here".to_owned(),
        };
        Self::invalid_grant("OAU-140", why)
    }

    fn invalid_grant(code: &'static str, why: impl Into<String>) -> Self {
        Self::refused("invalid_grant", code, why)
    }
}

/// What an application sends: who it is, and a form.
pub(super) struct Form {
    app_id: DeviceId,
    /// Whether it showed a secret.
    has_secret: bool,
    fields: Vec<(String, String)>,
    refusals: Refusals,
    note: Option<Note>,
}

/// A form, if it is one of an application that may send it.
pub(super) struct Sent(Result<Form>);

impl Sent {
    fn form(self) -> Result<Form> {
        self.0
    }
}

impl FromRequest<App> for Sent {
    type Rejection = Infallible;

    async fn from_request(request: Request, app: &App) -> std::result::Result<Self, Infallible> {
        Ok(Self(Form::read(request, app).await))
    }
}

impl Form {
    async fn read(request: Request, app: &App) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let refusals = Refusals::of(app, &parts.extensions).map_err(OAuthRefusal::too_many_requests)?;
        let fields = read_form(app, &parts, body).await?;
        let (app_id, has_secret) =
            app_behind(app, &parts.headers, &fields).map_err(|failure| failure.counted(app, refusals))?;
        Ok(Self { app_id, has_secret, fields, refusals, note: parts.extensions.get().cloned() })
    }
}

/// The application that sends a form, and whether it showed a secret.
fn app_behind(app: &App, headers: &HeaderMap, fields: &[(String, String)]) -> Result<(DeviceId, bool)> {
    let get = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let (id, secret) = match basic(headers)? {
        Some(credentials) => credentials,
        None => (get("client_id").unwrap_or_default(), get("client_secret").unwrap_or_default()),
    };
    check_app(app, &id, &secret)?;
    let app_id = id.parse().map_err(|_| OAuthFailure::invalid_client())?;
    Ok((app_id, !secret.is_empty()))
}

impl Form {
    /// Counts what one user does through the application.
    fn count(&self, app: &App, user: &UserId, scopes: Scopes) -> Result<()> {
        let counted = RateGroup::Auth.count(app, self.note.as_ref(), user, &self.app_id, scopes);
        Ok(counted.map_err(OAuthRefusal::too_many_requests)?)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn need(&self, name: &str) -> Result<&str> {
        let value = self.get(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| OAuthFailure::invalid_request(format!("The parameter {name} is missing")))
    }

    /// A life that the client may shorten, in seconds. What makes no sense is not refused: a library asks for
    /// -1 after a 401.
    fn life(&self, name: &str, longest: u64) -> u64 {
        let asked = self.get(name).and_then(|text| text.parse::<u64>().ok()).filter(|&asked| asked > 0);
        asked.map_or(longest, |asked| asked.clamp(SHORTEST_LIFE.min(longest), longest))
    }
}

/// The fields of the body and of the query.
async fn read_form(
    app: &App,
    parts: &Parts,
    body: Body,
) -> std::result::Result<Vec<(String, String)>, BodyError> {
    let limits = &app.config.limits;
    let bytes = body::read(body, limits.body_bytes, limits).await?;
    let query = parts.uri.query().unwrap_or_default();
    let fields = [bytes.as_slice(), query.as_bytes()].into_iter().flat_map(form_urlencoded::parse);
    Ok(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
}

/// The client's id and secret in the Authorization header, if there is one.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let decode = || {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        let text =
            BASE64_STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
        let (id, secret) = text.split_once(':')?;
        scheme.eq_ignore_ascii_case("basic").then(|| (id.to_owned(), secret.to_owned()))
    };
    decode().map(Some).ok_or_else(OAuthFailure::invalid_client)
}

/// Refuses an application that the operator has not named, or that does not know its secret.
fn check_app(app: &App, id: &str, secret: &str) -> Result<()> {
    let config = &app.config.section::<RingCentral>();
    let is_right = app_of(app, id).is_some_and(|app| app.secret.as_bytes().ct_eq(secret.as_bytes()).into());
    if is_right || (config.open_login && !id.is_empty()) {
        Ok(())
    } else {
        Err(OAuthFailure::invalid_client())
    }
}

/// An application that the operator named.
fn app_of<'a>(app: &'a App, id: &str) -> Option<&'a OAuthApp> {
    app.config.section::<RingCentral>().apps.iter().find(|app| app.id == id)
}

/// Who may have tokens, and what is spent on it.
struct Grantee {
    user: User,
    scopes: Scopes,
    guest: bool,
    /// When the login ends at the latest, if it does.
    end: Option<Timestamp>,
    spends: Spends,
}

/// What a login can be had for once.
enum Spends {
    Nothing,
    Refresh(TokenId, TokenSecret),
    Code(String),
    Assertion(Once),
}

/// Log a user in, or stay logged in.
///
/// An application says who it is with Basic authentication, or with `client_id` in the form. The grants are
/// `urn:ietf:params:oauth:grant-type:jwt-bearer` with `assertion`; `authorization_code` with `code`,
/// `redirect_uri` and `code_verifier`; and `refresh_token`. Lives that are asked for are brought within bounds.
#[utoipa::path(
    post,
    path = "/restapi/oauth/token",
    operation_id = "getToken",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded",
        description = "The grant."),
    security(("basic" = [])),
    tag = "OAuth",
    responses(
        (status = 200, description = "The user is logged in.", body = TokenResponse),
        OAuthFailure,
    ),
)]
pub(super) async fn get_token(
    State(app): State<App>,
    info: Option<Extension<RequestInfo>>,
    sent: Sent,
) -> Result<Json<TokenResponse>> {
    let form = sent.form()?;
    let (given, client) = (log_in(&app, &form).await, form.app_id.as_str());
    match given {
        Ok((user, given)) => {
            audit::login("ringcentral", &user, client, info.as_deref());
            Ok(Json(given))
        }
        Err(failure) => {
            audit::refused_login("ringcentral", client, failure.why(), info.as_deref());
            Err(failure.counted(&app, form.refusals))
        }
    }
}

/// The user behind a grant, and the tokens that it gives.
async fn log_in(app: &App, form: &Form) -> Result<(UserId, TokenResponse)> {
    let now = app.service.now();
    let grantee = match form.need("grant_type")? {
        JWT_BEARER => by_assertion(app, form.need("assertion")?).await?,
        "refresh_token" => by_refresh_token(app, form.need("refresh_token")?, &form.app_id, now)?,
        "authorization_code" => by_code(app, form).await?,
        "password" | "client_credentials" => {
            let why = "This server gives no tokens for this grant; use a code or an assertion";
            return Err(OAuthFailure::refused("unauthorized_client", "OAU-251", why));
        }
        _ => {
            let why = "The grant is none that this server knows";
            return Err(OAuthFailure::refused("unsupported_grant_type", "OAU-250", why));
        }
    };
    let user = grantee.user.id.clone();
    form.count(app, &user, grantee.scopes)?;
    if let Spends::Code(code) = &grantee.spends
        && !app.directory.spend_pass(code).await?
    {
        return Err(OAuthFailure::bad_code());
    }
    let once = match &grantee.spends {
        Spends::Assertion(once) if !app.own::<Own>().used_assertions.spend(*once, now) => {
            return Err(OAuthFailure::invalid_grant("OAU-140", "The assertion was used before"));
        }
        Spends::Assertion(once) => Some(*once),
        _ => None,
    };
    let issued = issue(app, form, grantee, now).await;
    if let (Err(_), Some(once)) = (&issued, once) {
        app.own::<Own>().used_assertions.give_back(once);
    }
    issued.map(|given| (user, given))
}

/// The user whom an assertion names. Where logins are open, the text of a token of theirs is one too.
async fn by_assertion(app: &App, text: &str) -> Result<Grantee> {
    let config = &app.config.section::<RingCentral>();
    if config.open_login
        && let Ok(Holder::User { user, scopes, guest, .. }) = app.auth.holder(text.as_bytes())
    {
        let user = with_extension(app.directory.user(&user))?;
        let end = app.directory.token(text.as_bytes()).and_then(|token| token.expires);
        return Ok(Grantee { user, scopes, guest, end, spends: Spends::Nothing });
    }
    let assertion = app.auth.assertion(&config.jwt_keys, text.as_bytes()).await;
    let Assertion { subject, scopes, issued, once } = assertion.map_err(OAuthFailure::bad_assertion)?;
    let user = match &subject {
        Subject::User(id) => app.directory.user(id),
        Subject::Named(name) => {
            let by_id = || name.parse().ok().and_then(|id| app.directory.user(&id));
            numbered(app, name).or_else(by_id)
        }
    };
    let user = with_extension(user)?;
    if app.directory.is_signed_out(&user.id, issued) {
        return Err(OAuthFailure::bad_assertion(AuthError::Revoked));
    }
    let spends = once.map_or(Spends::Nothing, Spends::Assertion);
    Ok(Grantee { user, scopes, guest: false, end: None, spends })
}

/// The user who allowed the application to act for them, and was sent back with a code.
async fn by_code(app: &App, form: &Form) -> Result<Grantee> {
    let (code, redirect_uri) = (form.need("code")?, form.need("redirect_uri")?);
    let verifier = form.get("code_verifier").filter(|verifier| !verifier.is_empty());
    let proof = Proof { app_id: &form.app_id, redirect_uri, verifier, has_secret: form.has_secret };
    let allowed = codes::find(app, code, proof).await?.ok_or_else(OAuthFailure::bad_code)?;
    let user = app.directory.user(&allowed.user).filter(|user| user.extension.is_some());
    let user = user.ok_or_else(OAuthFailure::bad_code)?;
    let spends = Spends::Code(code.to_owned());
    Ok(Grantee { user, scopes: allowed.scopes, guest: false, end: allowed.end, spends })
}

/// The user whose refresh token this is. It has to be the application's own, and gets one token.
fn by_refresh_token(app: &App, token: &str, app_id: &DeviceId, now: Timestamp) -> Result<Grantee> {
    let unknown = OAuthFailure::unknown_refresh_token;
    let info = app.directory.token(token.as_bytes()).ok_or_else(unknown)?;
    let is_over = info.expires.is_some_and(|expires| now >= expires);
    match info.holder {
        Holder::Refresh { user, device, scopes, session, .. } if !is_over && device == *app_id => {
            let user = app.directory.user(&user).ok_or_else(unknown)?;
            let spends = Spends::Refresh(info.id, token.into());
            Ok(Grantee { user, scopes, guest: session.guest, end: session.end, spends })
        }
        _ => Err(unknown()),
    }
}

/// The user of that number, as it is written: no zeros and no sign before it.
fn numbered(app: &App, text: &str) -> Option<User> {
    let number = text.parse().ok().filter(|number: &u64| number.to_string() == text);
    number.and_then(|number| app.directory.user_with_number(number))
}

fn with_extension(user: Option<User>) -> Result<User> {
    let user = user.filter(|user| user.extension.is_some());
    user.ok_or_else(|| {
        OAuthFailure::invalid_grant("OAU-140", "The assertion names no user with an extension")
    })
}

/// Makes the tokens of a login, in place of those before.
async fn issue(app: &App, form: &Form, grantee: Grantee, now: Timestamp) -> Result<TokenResponse> {
    let config = &app.config.section::<RingCentral>();
    let Grantee { user, scopes, guest, end, spends } = grantee;
    let left = end.map_or(u64::MAX, |end| end.millis_since(now) / 1_000);
    let expires_in = form.life("access_token_ttl", config.access_token_seconds).min(left);
    let refresh_expires_in = form.life("refresh_token_ttl", config.refresh_token_seconds).min(left);
    let (spent, (access, refresh)) = match spends {
        Spends::Refresh(id, text) => (Some(id), app.directory.successors(&text).await?),
        _ => (None, (TokenSecret::random(), TokenSecret::random())),
    };
    let endpoint = match form.get("endpoint_id").filter(|endpoint| !endpoint.is_empty()) {
        Some(endpoint) if endpoint.len() > MOST_ENDPOINT_BYTES => {
            let why = format!("The endpoint_id is longer than {MOST_ENDPOINT_BYTES} bytes");
            return Err(OAuthFailure::invalid_request(why));
        }
        Some(endpoint) => endpoint.to_owned(),
        None => Uuid::new_v4().simple().to_string(),
    };
    let login = Login {
        user: user.id,
        device: form.app_id.clone(),
        scopes,
        access: (access.clone(), now + Duration::from_secs(expires_in)),
        refresh: (refresh.clone(), now + Duration::from_secs(refresh_expires_in)),
        session: Session { endpoint: Some(endpoint), end, guest },
        spent,
    };
    let LoggedIn { access: info, refresh: refresh_info, session } = app.directory.log_in(login, now).await?;
    // A refresh token that was spent before gets what it got then.
    let left = |expires: Option<Timestamp>| expires.map_or(0, |expires| expires.millis_since(now) / 1_000);
    let (expires_in, refresh_expires_in) = (left(info.expires), left(refresh_info.expires));
    Ok(TokenResponse {
        access_token: access.reveal().to_owned(),
        token_type: "bearer",
        expires_in,
        refresh_token: refresh.reveal().to_owned(),
        refresh_token_expires_in: refresh_expires_in,
        scope: scope_names(scopes),
        owner_id: user.number.to_string(),
        session_id: info.id.as_str().to_owned(),
        endpoint_id: session.endpoint.unwrap_or_default(),
    })
}

fn scope_names(scopes: Scopes) -> String {
    let names = [(Scope::Read, "ReadAccounts ReadPresence"), (Scope::Write, "EditPresence")];
    let granted = names.into_iter().filter(|(scope, _)| scopes.contains(*scope));
    granted.map(|(_, name)| name).collect::<Vec<_>>().join(" ")
}

/// Log out.
///
/// Both tokens of the login end, whichever of them is sent, in the form or in the query. It is no error if
/// it is not known (RFC 7009, section 2.2).
#[utoipa::path(
    post,
    path = "/restapi/oauth/revoke",
    operation_id = "revokeToken",
    request_body(content = RevokeRequest, content_type = "application/x-www-form-urlencoded",
        description = "The token."),
    security(("basic" = [])),
    tag = "OAuth",
    responses(
        (status = 200, description = "The token opens nothing any more.", body = Nothing),
        OAuthFailure,
    ),
)]
pub(super) async fn revoke_token(State(app): State<App>, sent: Sent) -> Result<Json<Nothing>> {
    let form = sent.form()?;
    let token = form.need("token")?.as_bytes();
    let info = app.directory.token(token);
    match info.map(|info| (info.holder, info.id)) {
        Some((Holder::User { user, device, scopes, .. }, id)) if device == form.app_id => {
            form.count(&app, &user, scopes)?;
            app.directory.revoke_token(&user, &id).await?;
        }
        Some((Holder::Refresh { user, device, scopes, access, .. }, _)) if device == form.app_id => {
            form.count(&app, &user, scopes)?;
            app.directory.revoke_token(&user, &access).await?;
        }
        // One that others signed is of no application; a client that has it may end it.
        None if let Ok(signed) = app.auth.jwts.signed(token).await => {
            form.count(&app, &signed.user, signed.scopes)?;
            app.directory.end_signed(&signed).await?;
        }
        _ => form.refusals.count(&app).map_err(OAuthRefusal::too_many_requests)?,
    }
    Ok(Json(Nothing {}))
}
