//! What clients ask besides presence before they start to sync: who they are, what there is. The answers
//! are as small as the clients allow.

use std::collections::BTreeMap;

use axum::Json;
use serde_json::json;

use super::{
    error::MatrixRefusal,
    extract::Asker,
    types::{Capabilities, PushRules, Whoami},
};
use crate::{
    api::refusal::refusals,
    auth::{AuthError, Caller},
};

refusals! {
    /// Why the caller is not told about themselves.
    pub(super) enum AccountError: MatrixRefusal, from AuthError {
        Unauthorized,
        /// The access token belongs to no user.
        Forbidden,
        TooLarge,
        Unavailable,
    }
}

/// Tell whom the access token speaks for.
///
/// For a client that was given a token to begin with, and an application service that speaks for a user by
/// `?user_id=`.
#[utoipa::path(
    get,
    path = "/account/whoami",
    operation_id = "getTokenOwner",
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The owner of the access token.", body = Whoami),
        AccountError,
    ),
)]
pub(super) async fn get_token_owner(asker: Asker) -> Result<Json<Whoami>, AccountError> {
    let identified = asker.identified()?;
    let token = identified.credential();
    let Caller { user, device, guest, .. } = identified.caller()?;
    Ok(Json(Whoami { user_id: user.into(), device_id: token.map(|_| device), is_guest: guest }))
}

/// Get the push rules: there are none.
///
/// Clients ask for them before they sync; this server pushes nothing but presence.
#[utoipa::path(
    get,
    path = "/pushrules/",
    operation_id = "getPushRules",
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "An empty set of rules.", body = PushRules),
        AccountError,
    ),
)]
pub(super) async fn get_push_rules(asker: Asker) -> Result<Json<PushRules>, AccountError> {
    asker.anyone()?;
    Ok(Json(PushRules { global: BTreeMap::new() }))
}

/// Tell what the user may do besides presence.
///
/// All of it is switched off: accounts are kept by the server's admins.
#[utoipa::path(
    get,
    path = "/capabilities",
    operation_id = "getCapabilities",
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The capabilities.", body = Capabilities),
        AccountError,
    ),
)]
pub(super) async fn get_capabilities(asker: Asker) -> Result<Json<Capabilities>, AccountError> {
    asker.anyone()?;
    let refused = ("m.change_password".to_owned(), json!({ "enabled": false }));
    Ok(Json(Capabilities { capabilities: [refused].into() }))
}
