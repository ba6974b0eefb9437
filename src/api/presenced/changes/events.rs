//! Events as they are on the wire.
//! Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>

use std::{mem, time::Duration};

use axum::body::Bytes;
use serde::Serialize;

/// Most events are no longer than this, in bytes.
const USUAL: usize = 256;

/// Events that go out together. The last of them may still get an id.
#[derive(Debug, Default)]
pub(super) struct Events {
    text: Vec<u8>,
    /// How much of it is whole events; what is left is one without its end.
    whole: usize,
}

impl Events {
    /// Adds an event, whose data stands on one line: JSON has no line breaks.
    pub(super) fn push(&mut self, name: &str, data: &impl Serialize) {
        self.end_last();
        self.text.reserve(USUAL);
        self.line("event", name.as_bytes());
        self.text.extend_from_slice(b"data: ");
        serde_json::to_writer(&mut self.text, data).expect("what is told can be written as JSON");
        self.text.push(b'\n');
    }

    /// Gives the last event an id, if there is an event that has none.
    pub(super) fn identify_last(&mut self, id: u64) {
        if self.text.len() > self.whole {
            self.line("id", id.to_string().as_bytes());
            self.end_last();
        }
    }

    /// Asks the client to wait for so long before it comes again.
    pub(super) fn retry(&mut self, pause: Duration) {
        self.end_last();
        self.line("retry", pause.as_millis().to_string().as_bytes());
        self.end_last();
    }

    /// Says that the stream is alive, and nothing else.
    pub(super) fn comment(&mut self) {
        self.end_last();
        self.line("", b"");
        self.end_last();
    }

    /// All events that are whole, if there are any.
    pub(super) fn take_whole(&mut self) -> Option<Bytes> {
        let whole = mem::take(&mut self.whole);
        if whole == 0 {
            return None;
        }
        let rest = self.text.split_off(whole);
        Some(mem::replace(&mut self.text, rest).into())
    }

    /// All events.
    pub(super) fn into_bytes(mut self) -> Bytes {
        self.end_last();
        self.text.into()
    }

    fn line(&mut self, field: &str, value: &[u8]) {
        self.text.extend_from_slice(field.as_bytes());
        self.text.extend_from_slice(b": ");
        self.text.extend_from_slice(value);
        self.text.push(b'\n');
    }

    /// Gives the last event no id.
    pub(super) fn end_last(&mut self) {
        if self.text.len() > self.whole {
            self.text.push(b'\n');
            self.whole = self.text.len();
        }
    }
}
