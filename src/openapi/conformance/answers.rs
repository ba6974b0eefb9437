//! What answers have to be.

use axum::http::{HeaderMap, HeaderName, Method, header};
use serde_json::Value;

use super::{
    Contract, Exchange, Operation, VIOLATION, Violation, is_header, media_type, members, operations, parsed,
    schemas::{NAMED_EVENTS, Schemas},
};
use crate::request::REQUEST_ID;

/// The headers that any answer may have, whatever its document says; those that begin with [`CORS`] are of these too.
const GENERAL: [HeaderName; 19] = [
    header::AGE,
    header::ALLOW,
    header::CACHE_CONTROL,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_SECURITY_POLICY,
    header::CONTENT_TYPE,
    header::DATE,
    header::REFERRER_POLICY,
    header::SEC_WEBSOCKET_ACCEPT,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::VARY,
    header::X_FRAME_OPTIONS,
    HeaderName::from_static("preference-applied"),
    HeaderName::from_static("x-accel-buffering"),
    VIOLATION,
    REQUEST_ID,
];

/// The media type of streams.
pub(crate) const EVENTS: &str = "text/event-stream";

/// What the headers begin with by which pages of other origins are told what they may do.
const CORS: &str = "access-control-";

/// The headers that have to be there and are not.
fn missing_headers(schemas: &Schemas, documented: &Value, sent: &HeaderMap) -> Vec<Violation> {
    let required =
        members(&documented["headers"]).filter(|(_, header)| schemas.resolved(header)["required"] == true);
    let missing = required.filter(|(name, _)| !sent.contains_key(name.as_str()));
    missing.map(|(name, _)| Violation::of_answer(format!("the header {name} is missing"))).collect()
}

impl Contract {
    /// The answer of an operation.
    pub(super) fn check_answer(
        &self,
        operation: Operation<'_>,
        exchange: &Exchange<'_>,
        violations: &mut Vec<Violation>,
    ) {
        let status = exchange.status.as_str();
        match operation.answers["responses"].get(status) {
            Some(documented) => {
                violations.extend(missing_headers(&self.answers, documented, exchange.answer_headers));
                self.check_documented(documented, exchange, violations);
            }
            None => violations.push(Violation::of_answer(format!("the status {status} is not documented"))),
        }
    }

    /// What no operation takes is refused as operations of the document refuse.
    pub(super) fn check_refusal(&self, exchange: &Exchange<'_>, violations: &mut Vec<Violation>) {
        if !exchange.status.is_client_error() && !exchange.status.is_server_error() {
            violations.push(Violation::of_answer("what is not documented was not refused"));
            return;
        }
        let answers =
            operations(&self.answers.document).flat_map(|operation| members(&operation["responses"]));
        let same = answers.clone().find(|(status, _)| *status == exchange.status.as_str());
        let similar = || answers.clone().find(|(status, _)| status.starts_with('4'));
        match same.or_else(similar) {
            Some((_, documented)) => self.check_documented(documented, exchange, violations),
            None => violations.push(Violation::of_answer("no refusal is documented")),
        }
    }

    /// What is not as documented in a piece of a documented stream, which ends with a blank line.
    pub fn check_event(&self, operation: Operation<'_>, block: &str) -> Vec<Violation> {
        let media =
            operation.answers.pointer(&format!("/responses/200/content/{}", EVENTS.replace('/', "~1")));
        let undocumented = || vec![" is not documented".to_owned()];
        let wrong = media.map_or_else(undocumented, |media| self.wrong_event(media, block));
        wrong.into_iter().map(|why| Violation::of_answer(format!("the event{why}"))).collect()
    }

    /// OpenAPI has no words for what the events of a stream are; a document says it beside the schema, by their names.
    fn wrong_event(&self, media: &Value, block: &str) -> Vec<String> {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
        let (Some(events), Some(data)) = (media.get(NAMED_EVENTS), field("data:")) else { return Vec::new() };
        let name = field("event:").unwrap_or("message");
        let Some(schema) = events.get(name) else { return vec![format!(" {name} is not documented")] };
        parsed("json", data.as_bytes())
            .map_or_else(|why| vec![why], |value| self.answers.errors(schema, &value))
    }

    fn check_documented(&self, documented: &Value, exchange: &Exchange<'_>, violations: &mut Vec<Violation>) {
        self.check_headers(&documented["headers"], exchange.answer_headers, violations);
        let Some(answer) = exchange.answer.filter(|_| *exchange.method != Method::HEAD) else { return };
        let content = &documented["content"];
        if members(content).next().is_none() {
            if !answer.is_empty() {
                violations.push(Violation::of_answer("a body is not documented"));
            }
            return;
        }
        let named = media_type(exchange.answer_headers);
        let wrong = match content.get(named).map(|media| (media, parsed(named, answer))) {
            Some((media, Ok(Value::String(text)))) if named == EVENTS => {
                text.split("\n\n").flat_map(|block| self.wrong_event(media, block)).collect()
            }
            Some((media, Ok(value))) => self.answers.errors(&media["schema"], &value),
            Some((_, Err(why))) => vec![why],
            None => vec![format!(": the media type {named:?} is not documented")],
        };
        violations.extend(wrong.into_iter().map(|why| Violation::of_answer(format!("body{why}"))));
    }

    /// Headers that are there have to be right, and documented.
    fn check_headers(&self, documented: &Value, sent: &HeaderMap, violations: &mut Vec<Violation>) {
        for (name, value) in sent {
            if let Some((name, header)) = members(documented).find(|(known, _)| is_header(known, name)) {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                let schema = &self.answers.resolved(header)["schema"];
                let wrong = self.answers.errors(schema, &self.answers.read(schema, &[text]));
                let wrong = wrong.into_iter().map(|why| format!("the header {name}{why}"));
                violations.extend(wrong.map(Violation::of_answer));
            } else if !GENERAL.contains(name) && !name.as_str().starts_with(CORS) {
                violations.push(Violation::of_answer(format!("the header {name} is not documented")));
            }
        }
    }
}
