//! Authorization codes: what a user allowed an application, on its way from the browser to the application.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{
    app::App,
    directory::{PassKind, Scopes, TokenSecret},
    id::{DeviceId, UserId},
    presence::Timestamp,
    store::StoreError,
};

/// Codes, all of which are of one owner.
static CODES: PassKind =
    PassKind { name: "authorization-code", lifetime: Duration::from_secs(60), most: 10_000 };

/// What a code stands for. All of it is small, whatever it was made of.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Allowed {
    pub(super) user: UserId,
    pub(super) scopes: Scopes,
    /// When the login ends at the latest, as the token does that the user showed.
    pub(super) end: Option<Timestamp>,
    pub(super) app_id: DeviceId,
    /// The hash of where the user was sent back to.
    pub(super) redirect_uri: [u8; 32],
    /// The hash of the secret by which the application shows that it asked (RFC 7636).
    pub(super) challenge: Option<[u8; 32]>,
}

/// How an application shows that a code is its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof<'a> {
    pub(super) app_id: &'a DeviceId,
    pub(super) redirect_uri: &'a str,
    pub(super) verifier: Option<&'a str>,
    /// Whether it showed a secret of its own besides.
    pub(super) has_secret: bool,
}

/// A code for what a user allowed; none if too many are on their way.
pub(super) async fn issue(app: &App, allowed: &Allowed) -> Result<Option<TokenSecret>, StoreError> {
    if app.directory.unused_passes(&CODES) >= CODES.most {
        return Ok(None);
    }
    let (code, _) = app.directory.issue_pass(&CODES, "", allowed).await?;
    Ok(Some(code))
}

/// What a code stands for, for the client that shows that it is its own.
pub(super) async fn find(app: &App, code: &str, proof: Proof<'_>) -> Result<Option<Allowed>, StoreError> {
    let allowed: Option<Allowed> = app.directory.pass(&CODES, code).await?;
    Ok(allowed.filter(|allowed| allowed.belongs_to(proof)))
}

impl Allowed {
    fn belongs_to(&self, proof: Proof<'_>) -> bool {
        let is_proven = match (&self.challenge, proof.verifier) {
            (Some(challenge), Some(verifier)) => hash(verifier).ct_eq(challenge).into(),
            // Without a challenge a verifier proves nothing: an attacker may have taken the challenge away.
            (None, None) => proof.has_secret,
            _ => false,
        };
        is_proven && self.app_id == *proof.app_id && self.redirect_uri == hash(proof.redirect_uri)
    }
}

/// The hash that a challenge is, if it can be one.
pub(super) fn challenge(text: &str) -> Option<[u8; 32]> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

pub(super) fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
