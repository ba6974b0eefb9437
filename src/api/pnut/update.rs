//! Setting one's presence: what a value means, and where a PUT has it.

use axum::{
    extract::Request,
    http::{HeaderMap, header},
};
use serde_json::Value;

use super::{error::Failure, form};
use crate::{
    api::body,
    app::App,
    auth::{self, AuthError},
    presence::{Input, Record, Text},
    service::ServiceError,
};

/// The longest text, in Unicode scalar values.
pub(super) const LONGEST: usize = 100;

/// What a user says of themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Update {
    /// Online, with a text or without.
    Present(Option<Text>),
    Offline,
}

impl Update {
    /// Reads a value. Letter case and spaces count.
    fn from_text(text: &str) -> Result<Self, Failure> {
        match text {
            "" | "1" => Ok(Self::Present(None)),
            "0" | "offline" => Ok(Self::Offline),
            text => match text.chars().count() {
                ..=LONGEST => Ok(Self::Present(Some(text.into()))),
                long => Err(Failure::invalid(format!(
                    "presence: has {long} characters; at most {LONGEST} are allowed."
                ))),
            },
        }
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, Failure> {
        let text = std::str::from_utf8(bytes).map_err(|_| Failure::invalid("presence: is not UTF-8."))?;
        Self::from_text(text)
    }

    fn from_json(value: &Value) -> Result<Self, Failure> {
        match value {
            Value::Null => Self::from_text(""),
            Value::String(text) => Self::from_text(text),
            Value::Number(number) => Self::from_text(&number.to_string()),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                Err(Failure::invalid("presence: has to be a string or a number."))
            }
        }
    }

    /// Reads what a PUT sets: from its body, else from its query; online if neither says anything.
    pub(super) async fn from_request(app: &App, request: Request) -> Result<Self, Failure> {
        let limits = &app.config.limits;
        let (parts, body) = request.into_parts();
        let body = body::read(body, limits.body_bytes, limits)
            .await
            .map_err(|error| Failure::unread_body(&error, limits.body_bytes))?;
        if let Some(update) = Self::from_body(&parts.headers, &body)? {
            return Ok(update);
        }
        let query = parts.uri.query().and_then(|query| form::last(query.as_bytes(), "presence"));
        Self::from_bytes(&query.unwrap_or_default())
    }

    /// An empty body says nothing, whatever its type; what is not JSON is form data.
    fn from_body(headers: &HeaderMap, body: &[u8]) -> Result<Option<Self>, Failure> {
        if body.is_empty() {
            return Ok(None);
        }
        if !is_json(headers) {
            return form::last(body, "presence").map(|value| Self::from_bytes(&value)).transpose();
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(body)) => body.get("presence").map(Self::from_json).transpose(),
            Ok(_) => Err(Failure::invalid("The body is not a JSON object.")),
            Err(error) => Err(Failure::invalid(format!("The body is not JSON: {error}."))),
        }
    }

    /// Applies the update to the caller's own presence, and returns what it came to.
    pub(super) async fn apply(self, app: &App, caller: &auth::Caller) -> Result<Record, Failure> {
        let device = caller.device.clone();
        let input = match self {
            Self::Present(text) => Input::Lease { device, text },
            Self::Offline => Input::Leave,
        };
        match app.service.update(&caller.user, &[input]).await {
            Ok(record) => Ok(record),
            // The user was removed since the token was looked at, and the token with them.
            Err(ServiceError::UnknownUser) => Err(AuthError::Unknown.into()),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
