//! Several extensions in a call: ids with commas between them, answered with 207 in one of two forms.
//! Source: RingCentral's developer guide, "Batch requests".

use std::{collections::HashSet, fmt::Write as _};

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    error::{CallerError, NotFound, RestRefusal},
    extract::Uris,
    presence::Detail,
    stub::{Caller, Presence},
    types::{BatchBody, BatchItem, GetPresenceInfo},
};
use crate::{
    api::refusal::{Refused, refusals},
    presence::Timestamp,
    service::ReadError,
    store::StoreError,
};

refusals! {
    /// Why an extension's presence is not told.
    pub enum ReadUserPresenceError: RestRefusal, from CallerError, ReadError, StoreError {
        /// A parameter is not valid, or there are too many ids.
        BadRequest => RestRefusal::invalid("sipData"),
        Unauthorized,
        Forbidden,
        NotFound,
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

/// How many ids a list may have.
const MOST: usize = 30;

/// The form that is all JSON.
const MULTIPART_JSON: &str = "application/vnd.ringcentral.multipart+json";

/// The first part of the form in parts: what became of each.
#[derive(Serialize)]
struct Summary {
    response: Vec<SummaryItem>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryItem {
    href: String,
    status: u16,
    response_description: &'static str,
}

/// The ids of a list, as they were written; none if there is one id and no list.
pub(super) fn listed(ids: &str) -> Result<Option<Vec<&str>>, ReadUserPresenceError> {
    if !ids.contains(',') {
        return Ok(None);
    }
    let listed: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
    match listed.len() {
        0 => Err(RestRefusal::not_found("extensionId").into()),
        1..=MOST => Ok(Some(listed)),
        _ => Err(RestRefusal::too_many_ids(MOST).into()),
    }
}

/// What each of the listed extensions is answered with: each once, in the order given.
pub(super) async fn read(
    backend: &dyn Presence,
    caller: &Caller,
    uris: &Uris,
    listed: Vec<&str>,
    detail: Detail,
) -> Result<Vec<BatchItem>, ReadUserPresenceError> {
    let mut met = HashSet::new();
    let named = listed.into_iter().map(|id| match caller.named(id) {
        Some(number) => (number.to_string(), Some(number)),
        None => (id.to_owned(), None),
    });
    let named: Vec<_> = named.filter(|(id, _)| met.insert(id.clone())).collect();
    let numbers: Vec<u64> = named.iter().filter_map(|(_, number)| *number).collect();
    let mut seen = backend.read_presence(caller, &numbers, detail, uris).await?.into_iter();
    let items = named.into_iter().map(|(id, number)| {
        let info = number.and_then(|_| seen.next().flatten());
        BatchItem::new(id, info.ok_or_else(|| RestRefusal::not_found("extensionId")))
    });
    Ok(items.collect())
}

impl BatchItem {
    fn new(resource_id: String, answer: Result<GetPresenceInfo, NotFound>) -> Self {
        let (status, body) = match answer {
            Ok(info) => (StatusCode::OK, BatchBody::Presence(Box::new(info))),
            Err(Refused(said)) => (NotFound::status(), BatchBody::Error(said.into())),
        };
        Self { resource_id, status: status.as_u16(), body }
    }

    fn summary(&self, uris: &Uris) -> SummaryItem {
        let id = percent_encoding::utf8_percent_encode(&self.resource_id, percent_encoding::NON_ALPHANUMERIC);
        let status = StatusCode::from_u16(self.status).ok();
        let response_description = status.and_then(|status| status.canonical_reason()).unwrap_or_default();
        SummaryItem { href: uris.presence(id), status: self.status, response_description }
    }
}

/// All answers in the form that the client accepts.
pub(super) fn respond(headers: &HeaderMap, uris: &Uris, items: &[BatchItem], now: Timestamp) -> Response {
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if accepted.any(|accepted| accepted.contains(MULTIPART_JSON)) {
        let kind = [(header::CONTENT_TYPE, MULTIPART_JSON)];
        return (StatusCode::MULTI_STATUS, kind, Json(items)).into_response();
    }
    let (content_type, body) = multipart(uris, items, now);
    (StatusCode::MULTI_STATUS, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// A summary and then each answer as a part of its own. Clients take the boundary as it stands, without
/// quotes. It cannot be in a part: JSON has no bare line ends.
fn multipart(uris: &Uris, items: &[BatchItem], now: Timestamp) -> (HeaderValue, String) {
    let boundary = format!("Boundary_{}_{}", items.len() + 1, now.as_millis());
    let summary = Summary { response: items.iter().map(|item| item.summary(uris)).collect() };
    let mut text = String::new();
    add_part(&mut text, &boundary, &summary);
    for item in items {
        add_part(&mut text, &boundary, &item.body);
    }
    let _ = write!(text, "--{boundary}--\r\n");
    let content_type = HeaderValue::try_from(format!("multipart/mixed; boundary={boundary}"));
    (content_type.expect("a boundary is printable"), text)
}

fn add_part(text: &mut String, boundary: &str, body: &impl Serialize) {
    let json = serde_json::to_string(body).expect("an answer is JSON");
    let _ = write!(text, "--{boundary}\r\nContent-Type: application/json\r\n\r\n{json}\r\n");
}
