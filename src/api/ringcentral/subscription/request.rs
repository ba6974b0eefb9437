use axum::http::HeaderValue;
use serde_json::{Map, Value};

use crate::{
    api::ringcentral::{
        error::{BadRequest, RestRefusal},
        push::{filter::FILTER_BYTES, refusal::MOST_FILTERS},
    },
    app::App,
    push::{Push, Transport, webhook::Address},
};

/// How long a subscription lasts unless it is said, in seconds.
const DEFAULT_LIFETIME: u64 = 604_800;

/// How long it may last, in seconds.
const LONGEST_LIFETIME: u64 = 315_360_000;

/// The longest verification token, in bytes.
const TOKEN_BYTES: usize = 1_024;

/// What a new subscription is to be.
pub(super) struct NewSubscription {
    pub(super) filters: Vec<String>,
    pub(super) target: Target,
    pub(super) lifetime_seconds: u64,
}

/// Where notifications are to go.
pub(super) enum Target {
    WebHook { address: Address, verification_token: Option<String> },
    WebSocket,
}

type Object = Map<String, Value>;

impl NewSubscription {
    /// Reads what was sent. Only on a socket may the target be one.
    pub(super) fn parse(app: &App, body: &Object, on_socket: bool) -> Result<Self, BadRequest> {
        let filters = filters(body)?.ok_or_else(|| RestRefusal::invalid("eventFilters"))?;
        let mode = present(body, "deliveryMode").and_then(Value::as_object);
        let mode = mode.ok_or_else(|| RestRefusal::invalid("deliveryMode"))?;
        let target = match present(mode, "transportType").and_then(Value::as_str) {
            Some("WebHook") => Target::webhook(app, mode)?,
            Some("WebSocket") if on_socket => Target::WebSocket,
            _ => {
                let accepted: &[&str] = if on_socket { &["WebHook", "WebSocket"] } else { &["WebHook"] };
                return Err(RestRefusal::not_among("deliveryMode.transportType", accepted));
            }
        };
        let lifetime_seconds = match target {
            Target::WebHook { .. } => lifetime(body)?,
            Target::WebSocket => DEFAULT_LIFETIME,
        };
        Ok(Self { filters, target, lifetime_seconds })
    }
}

impl Target {
    fn webhook(app: &App, mode: &Object) -> Result<Self, BadRequest> {
        let address = present(mode, "address").and_then(Value::as_str);
        let address = address.ok_or_else(|| RestRefusal::invalid("deliveryMode.address"))?;
        let address = Push::of(app).webhooks.address(address);
        let address = address.map_err(|error| RestRefusal::unusable_hook(&error))?;
        let verification_token = match present(mode, "verificationToken") {
            None => None,
            Some(Value::String(token)) if is_header_value(token) => Some(token.clone()),
            Some(_) => return Err(RestRefusal::invalid("deliveryMode.verificationToken")),
        };
        Ok(Self::WebHook { address, verification_token })
    }

    /// The same as a subscription has it.
    pub(super) fn transport(&self) -> Transport {
        match self {
            Self::WebHook { address, verification_token: secret } => {
                let (address, secret) = (address.as_str().to_owned(), secret.clone());
                Transport::Webhook { address, secret, retiring: None }
            }
            Self::WebSocket => Transport::Socket,
        }
    }
}

fn is_header_value(text: &str) -> bool {
    let is_visible = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    (1..=TOKEN_BYTES).contains(&text.len()) && is_visible && HeaderValue::try_from(text).is_ok()
}

/// A member of an object; null is as good as none.
fn present<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// The filters that a body names, if it names any.
pub(super) fn filters(body: &Object) -> Result<Option<Vec<String>>, BadRequest> {
    let Some(filters) = present(body, "eventFilters") else { return Ok(None) };
    let filters = filters.as_array().map(Vec::as_slice).unwrap_or_default();
    if filters.len() > MOST_FILTERS {
        return Err(RestRefusal::too_many_filters());
    }
    let texts = filters.iter();
    let texts: Option<Vec<String>> = texts.map(|text| text.as_str().map(str::to_owned)).collect();
    if let Some(long) = texts.iter().flatten().find(|text| text.len() > FILTER_BYTES) {
        return Err(RestRefusal::bad_filter(long));
    }
    let texts = texts.filter(|texts| !texts.is_empty());
    texts.map(Some).ok_or_else(|| RestRefusal::invalid("eventFilters"))
}

/// How long a subscription is to last, in seconds. A longer life than there is becomes the longest.
pub(super) fn lifetime(body: &Object) -> Result<u64, BadRequest> {
    let Some(wanted) = present(body, "expiresIn") else { return Ok(DEFAULT_LIFETIME) };
    // What is too large to be counted is no whole number here, and longer than the longest all the same.
    let is_beyond_count = wanted.as_f64().is_some_and(|seconds| seconds >= 2_f64.powi(63));
    let wanted =
        wanted.as_u64().or(is_beyond_count.then_some(LONGEST_LIFETIME)).filter(|&seconds| seconds > 0);
    wanted.map(|seconds| seconds.min(LONGEST_LIFETIME)).ok_or_else(|| RestRefusal::invalid("expiresIn"))
}
