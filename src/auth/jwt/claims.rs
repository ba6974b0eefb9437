use std::{collections::BTreeSet, time::Duration};

use jsonwebtoken::dangerous::insecure_decode_claims;
use serde::Deserialize;
use serde_json::Value;

use super::{JwtError, LEEWAY};
use crate::{
    directory::{Scope, Scopes},
    id::{DeviceId, RoomId},
    presence::Timestamp,
};

/// How far ahead the end of a token may lie: ten years. What is later was not meant.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

/// What a token says.
#[derive(Clone, Debug)]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    pub aud: Vec<String>,
    pub expires: Timestamp,
    pub not_before: Option<Timestamp>,
    pub issued: Option<Timestamp>,
    /// Its name, by which assertions are used once.
    pub jti: Option<String>,
    /// The session at the issuer that it was issued in.
    pub sid: Option<String>,
    pub name: Option<String>,
    pub picture: Option<String>,
    /// The device that it speaks with.
    pub device: Option<DeviceId>,
    /// What it asks to be used for.
    pub scopes: Scopes,
    /// The rooms that the user is in while it holds.
    pub rooms: BTreeSet<RoomId>,
}

/// The claim `presenced`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    device: Option<DeviceId>,
    scopes: Option<Vec<Scope>>,
    #[serde(default)]
    rooms: BTreeSet<RoomId>,
}

/// Whom a token names as its issuer, before anything of it is to be believed.
pub(crate) fn issuer_of(token: &[u8]) -> Result<String, JwtError> {
    #[derive(Deserialize)]
    struct Issued {
        iss: String,
    }
    let issued: Issued = insecure_decode_claims(token).map_err(|_| JwtError::Malformed)?;
    Ok(issued.iss)
}

impl Claims {
    /// The claims in a token's payload.
    pub(crate) fn parse(payload: &Value) -> Result<Self, JwtError> {
        let own = match payload.get("presenced") {
            None => Own::default(),
            Some(own) => Own::deserialize(own).map_err(|error| {
                tracing::debug!(%error, "the claim `presenced` of a token cannot be used");
                JwtError::Claim("presenced", "cannot be used: an object with device, scopes and rooms is")
            })?,
        };
        Ok(Self {
            iss: needed(payload, "iss")?,
            sub: needed(payload, "sub")?,
            aud: audiences(&payload["aud"]),
            expires: moment(payload, "exp")?.ok_or(JwtError::Claim("exp", "is missing"))?,
            not_before: moment(payload, "nbf")?,
            issued: moment(payload, "iat")?,
            jti: text(payload, "jti"),
            sid: text(payload, "sid"),
            name: text(payload, "name"),
            picture: text(payload, "picture"),
            device: own.device,
            scopes: own.scopes.unwrap_or_else(|| vec![Scope::Read, Scope::Write]).into(),
            rooms: own.rooms,
        })
    }

    /// Whether the token holds at `now`.
    pub(crate) fn check_times(&self, now: Timestamp) -> Result<(), JwtError> {
        if self.expires > now + LONGEST {
            return Err(JwtError::Endless);
        }
        if [self.not_before, self.issued].into_iter().flatten().any(|moment| moment > now + LEEWAY) {
            return Err(JwtError::Early);
        }
        if now < self.end() { Ok(()) } else { Err(JwtError::Expired) }
    }

    /// When the token stops working.
    pub fn end(&self) -> Timestamp {
        self.expires + LEEWAY
    }
}

/// A text that people or machines can read; what is none is as good as missing.
fn text(payload: &Value, name: &str) -> Option<String> {
    payload[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn needed(payload: &Value, name: &'static str) -> Result<String, JwtError> {
    text(payload, name).ok_or(JwtError::Claim(name, "is missing"))
}

fn audiences(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// A moment in seconds since the Unix epoch, with a fraction or without (RFC 7519, section 2).
fn moment(payload: &Value, name: &'static str) -> Result<Option<Timestamp>, JwtError> {
    let Some(value) = payload.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let whole = value.as_u64().map(Duration::from_secs);
    let seconds = whole.or_else(|| Duration::try_from_secs_f64(value.as_f64()?).ok());
    let seconds = seconds.ok_or(JwtError::Claim(name, "is no moment"))?;
    Ok(Some(Timestamp::from_millis(0) + seconds))
}
