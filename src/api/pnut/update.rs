//! Setting one's presence: what a value means, and where a PUT has it.

use std::time::Duration;

use axum::{
    extract::Request,
    http::{HeaderMap, Uri, header},
};
use serde_json::{Map, Number, Value};

use super::{
    caller::AuthenticateError,
    error::{BadRequest, PnutRefusal},
    form,
    version::Version,
};
use crate::{
    api::{
        body::{self, BodyError},
        refusal::refusals,
        stub::Limits,
    },
    auth::AuthError,
    service::{ReadError, UpdateError},
};

/// The longest text, in Unicode scalar values.
pub(super) const LONGEST: usize = 100;

refusals! {
    /// Why a presence was not set. Nothing was changed.
    pub enum SetPresenceError: PnutRefusal, from AuthenticateError, AuthError, UnreadUpdate, ReadError, UpdateError {
        /// The value or the body is not valid. Nothing was changed.
        BadRequest => PnutRefusal::invalid("presence: has 101 characters; at most 100 are allowed."),
        Unauthorized,
        /// The token is an app's or lacks the scope `presence`, or the presence is another user's.
        Forbidden => PnutRefusal::forbidden("The access token lacks the scope `presence`."),
        NotFound,
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why what is to be set cannot be read.
    pub enum UnreadUpdate: PnutRefusal, from BodyError {
        BadRequest,
        TooLarge,
    }
}

/// What a user says of themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// Online, with a text of at most 100 characters or without.
    Present {
        text: Option<String>,
        /// When it is to end, since the Unix epoch, if that is said: at most 7 days ahead, to which it is to be cut; in
        /// the past it is the same as offline.
        until: Option<Duration>,
    },
    Offline,
}

/// What a body says, as far as it says anything.
#[derive(Default)]
struct Said {
    update: Option<Update>,
    expiration: Option<Expiration>,
}

/// When a presence is to end, since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Expiration(Duration);

impl Update {
    /// Reads a value. Letter case and spaces count.
    fn from_text(text: &str) -> Result<Self, BadRequest> {
        match text {
            "" | "1" | "online" => Ok(Self::Present { text: None, until: None }),
            "0" | "offline" => Ok(Self::Offline),
            text => match text.chars().count() {
                ..=LONGEST => Ok(Self::Present { text: Some(text.to_owned()), until: None }),
                long => Err(PnutRefusal::invalid(format!(
                    "presence: has {long} characters; at most {LONGEST} are allowed."
                ))),
            },
        }
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, BadRequest> {
        let text = std::str::from_utf8(bytes).map_err(|_| PnutRefusal::invalid("presence: is not UTF-8."))?;
        Self::from_text(text)
    }

    fn from_json(value: &Value) -> Result<Self, BadRequest> {
        match value {
            Value::Null => Self::from_text(""),
            Value::String(text) => Self::from_text(text),
            Value::Number(number) => Self::from_text(&number.to_string()),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                Err(PnutRefusal::invalid("presence: has to be a string or a number."))
            }
        }
    }

    /// Reads `update_presence` and what belongs to it in a query; nothing if it is not there.
    pub(super) fn on_any_call(uri: &Uri, version: Version) -> Option<Result<Self, BadRequest>> {
        let query = uri.query()?.as_bytes();
        let value = form::last(query, "update_presence")?;
        let read = || {
            let end = Expiration::in_form(query, "update_presence_expiration", version)?;
            Ok(Self::from_bytes(&value)?.ending(end))
        };
        Some(read())
    }

    /// Reads what a PUT sets: from its body, else from its query; online if neither says anything.
    pub(super) async fn from_request(
        limits: Limits,
        version: Version,
        request: Request,
    ) -> Result<Self, UnreadUpdate> {
        let (parts, body) = request.into_parts();
        let body = body::read_within(body, limits.body_bytes, limits.body_time).await?;
        let said = Said::in_body(&parts.headers, &body, version)?;
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let update = match said.update {
            Some(update) => update,
            None => Self::in_form(query)?.unwrap_or(Self::Present { text: None, until: None }),
        };
        let end = match said.expiration {
            Some(end) => Some(end),
            None => Expiration::in_form(query, "expiration", version)?,
        };
        Ok(update.ending(end))
    }

    fn in_form(form: &[u8]) -> Result<Option<Self>, BadRequest> {
        form::last(form, "presence").map(|value| Self::from_bytes(&value)).transpose()
    }

    /// The same until then.
    fn ending(self, expiration: Option<Expiration>) -> Self {
        match (self, expiration) {
            (Self::Present { text, .. }, Some(Expiration(end))) => Self::Present { text, until: Some(end) },
            (update, _) => update,
        }
    }
}

impl Said {
    /// An empty body says nothing, whatever its type. A JSON object is one whatever its type, since clients
    /// forget to say so; what else is not JSON is form data.
    fn in_body(headers: &HeaderMap, body: &[u8], version: Version) -> Result<Self, BadRequest> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(body)) => Self::in_object(&body, version),
            Ok(_) if is_json(headers) => Err(PnutRefusal::invalid("The body is not a JSON object.")),
            Err(error) if is_json(headers) => {
                Err(PnutRefusal::invalid(format!("The body is not JSON: {error}.")))
            }
            Ok(_) | Err(_) => {
                let said = Self::in_form(body, version)?;
                match said.update {
                    None if is_meant_as_object(body) => {
                        Err(PnutRefusal::invalid("The body is neither JSON nor form data with a presence."))
                    }
                    _ => Ok(said),
                }
            }
        }
    }

    fn in_object(body: &Map<String, Value>, version: Version) -> Result<Self, BadRequest> {
        let update = body.get("presence").map(Update::from_json).transpose()?;
        let end = body.get("expiration").filter(|end| version.has_expiration() && !end.is_null());
        Ok(Self { update, expiration: end.map(Expiration::from_json).transpose()? })
    }

    fn in_form(form: &[u8], version: Version) -> Result<Self, BadRequest> {
        let expiration = Expiration::in_form(form, "expiration", version)?;
        Ok(Self { update: Update::in_form(form)?, expiration })
    }
}

impl Expiration {
    fn in_form(form: &[u8], name: &str, version: Version) -> Result<Option<Self>, BadRequest> {
        let end = version.has_expiration().then(|| form::last(form, name)).flatten();
        end.map(|end| Self::from_bytes(&end)).transpose()
    }

    fn from_json(value: &Value) -> Result<Self, BadRequest> {
        match value {
            Value::Number(number) => Ok(Self::from_number(number)),
            Value::String(text) => Self::from_bytes(text.as_bytes()),
            _ => Err(Self::is_no_number()),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, BadRequest> {
        let number: Result<Number, _> = serde_json::from_slice(bytes);
        number.map(|number| Self::from_number(&number)).map_err(|_| Self::is_no_number())
    }

    /// What is before all times counts as their beginning, and what is after them as their end.
    fn from_number(seconds: &Number) -> Self {
        Self(match (seconds.as_u64(), seconds.as_f64().unwrap_or_default()) {
            (Some(seconds), _) => Duration::from_secs(seconds),
            (None, seconds) if seconds < 0.0 => Duration::ZERO,
            (None, seconds) => Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX),
        })
    }

    fn is_no_number() -> BadRequest {
        PnutRefusal::invalid("expiration: has to be a number of seconds since the Unix epoch.")
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Whether a body looks as if its sender took it for a JSON object.
fn is_meant_as_object(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"{")
}
