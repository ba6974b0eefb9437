//! The question whether a receiver wants notifications, asked before it gets any.
//! Source: RingCentral's developer guide, "Creating webhooks".

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use uuid::Uuid;

use crate::{
    api::ringcentral::error::RestFailure,
    app::App,
    request::{self, TRACE_PARENT},
    webhook::{Address, Answer},
};

/// How long the answer may be, headers and all, in bytes.
const ANSWER_BYTES: usize = 1_024;

/// The header by which a receiver is asked, and answers.
pub(super) const VALIDATION_TOKEN: HeaderName = HeaderName::from_static("validation-token");

/// Sends a token that the receiver has to send back.
pub(in crate::api::ringcentral) async fn ask(app: &App, address: &Address) -> Result<(), RestFailure> {
    let _work = app.push.work();
    let token = Uuid::new_v4().to_string();
    let mut headers = headers();
    headers.insert(VALIDATION_TOKEN, HeaderValue::try_from(&token).expect("a UUID makes a header value"));
    if let Some(trace) = request::current_trace() {
        headers.insert(TRACE_PARENT, trace.header());
    }
    let answer = app.push.webhooks.post(address, headers, Vec::new()).await;
    let answer = answer.map_err(|error| RestFailure::unusable_hook(&error))?;
    if answer.status != StatusCode::OK {
        return Err(RestFailure::wrong_hook_status(answer.status));
    }
    if answer.headers.get(VALIDATION_TOKEN).is_none_or(|echo| *echo != token) {
        return Err(RestFailure::wrong_hook_answer("the header Validation-Token is not what was sent"));
    }
    if size(&answer) > ANSWER_BYTES {
        return Err(RestFailure::wrong_hook_answer("it is longer than 1024 bytes"));
    }
    Ok(())
}

/// The headers that every request to a webhook has.
pub(super) fn headers() -> HeaderMap {
    let lines = [
        (header::ACCEPT, "application/json"),
        (header::CONTENT_TYPE, "application/json; charset=UTF-8"),
        (header::USER_AGENT, "RingCentral-Webhook/8.3"),
    ];
    lines.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

/// About what went over the wire: each header has a colon, a space and a line end.
fn size(answer: &Answer) -> usize {
    let lines = answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    lines.sum::<usize>() + answer.body_bytes
}
