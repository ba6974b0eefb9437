//! The question whether a receiver wants notifications, asked before it gets any.
//! Source: RingCentral's developer guide, "Creating webhooks".

use axum::http::{HeaderValue, StatusCode};
use uuid::Uuid;

use super::{
    refusal::ReceiverError,
    voice::{self, VALIDATION_TOKEN},
};
use crate::{
    api::ringcentral::error::RestRefusal,
    app::App,
    push::{
        Push, Request,
        webhook::{Address, Answer},
    },
    request,
};

/// How long the answer may be, headers and all, in bytes.
const ANSWER_BYTES: usize = 1_024;

/// Sends a token that the receiver has to send back.
pub(in crate::api::ringcentral) async fn ask(
    app: &App,
    owner: &str,
    address: &Address,
) -> Result<(), ReceiverError> {
    let token = Uuid::new_v4().to_string();
    let mut headers = voice::headers();
    headers.insert(VALIDATION_TOKEN, HeaderValue::try_from(&token).expect("a UUID makes a header value"));
    if let Some(trace) = request::current_trace() {
        trace.put_on(&mut headers);
    }
    let answer = Push::ask(app, owner, address, Request { headers, body: Vec::new() }).await;
    let answer = answer.ok_or_else(RestRefusal::unasked_hook)?;
    let answer = answer.map_err(|error| RestRefusal::unusable_hook(&error))?;
    if answer.status != StatusCode::OK {
        return Err(RestRefusal::wrong_hook_status(answer.status).into());
    }
    if answer.headers.get(VALIDATION_TOKEN).is_none_or(|echo| *echo != token) {
        return Err(RestRefusal::wrong_hook_answer("the header Validation-Token is not what was sent").into());
    }
    if size(&answer) > ANSWER_BYTES {
        return Err(RestRefusal::wrong_hook_answer("it is longer than 1024 bytes").into());
    }
    Ok(())
}

/// About what went over the wire: each header has a colon, a space and a line end.
fn size(answer: &Answer) -> usize {
    let lines = answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    lines.sum::<usize>() + answer.body_bytes
}
