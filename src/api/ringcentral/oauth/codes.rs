//! Authorization codes: what a user allowed an application, on its way from the browser to the application.

use std::{collections::HashMap, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{
    directory::{Scopes, TokenSecret},
    id::{DeviceId, UserId},
    presence::Timestamp,
};

/// How long a code may be exchanged.
const LIFETIME: Duration = Duration::from_secs(60);

/// How many codes may be on their way at a time.
const MOST: usize = 10_000;

/// What a code stands for. All of it is small, whatever it was made of.
#[derive(Clone, Debug)]
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

/// The codes that were not exchanged yet, by their hashes.
#[derive(Default)]
pub(in crate::api::ringcentral) struct Codes(Mutex<HashMap<[u8; 32], (Allowed, Timestamp)>>);

impl Codes {
    /// A code for what a user allowed; none if too many are on their way.
    pub(super) fn issue(&self, allowed: Allowed, now: Timestamp) -> Option<TokenSecret> {
        let mut codes = self.0.lock();
        if codes.len() >= MOST {
            codes.retain(|_, (_, end)| now < *end);
        }
        if codes.len() >= MOST {
            return None;
        }
        let secret = TokenSecret::random();
        codes.insert(hash(secret.reveal()), (allowed, now + LIFETIME));
        Some(secret)
    }

    /// What a code stands for, for the client that shows that it is its own.
    pub(super) fn find(&self, code: &str, proof: Proof<'_>, now: Timestamp) -> Option<Allowed> {
        let codes = self.0.lock();
        let (allowed, end) = codes.get(&hash(code))?;
        (now < *end && allowed.belongs_to(proof)).then(|| allowed.clone())
    }

    /// Takes a code away. Of several who found it one does so.
    pub(super) fn spend(&self, code: &str) -> bool {
        self.0.lock().remove(&hash(code)).is_some()
    }
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
