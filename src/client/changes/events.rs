//! Server-Sent Events, as they come in pieces.
//! Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::{mem, time::Duration};

/// An event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) data: String,
    /// The last id as of this event.
    pub(super) id: Option<String>,
}

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Reader {
    unread: Vec<u8>,
    event: Event,
    /// How long the server asks to wait before one comes again.
    pub(super) retry: Option<Duration>,
}

impl Reader {
    /// The events that are whole with this piece.
    pub(super) fn read(&mut self, piece: &[u8]) -> Vec<Event> {
        self.unread.extend_from_slice(piece);
        let Some(end) = self.unread.iter().rposition(|&byte| byte == b'\n') else { return Vec::new() };
        let rest = self.unread.split_off(end + 1);
        let lines = mem::replace(&mut self.unread, rest);
        String::from_utf8_lossy(&lines).lines().filter_map(|line| self.line(line)).collect()
    }

    /// The event that a line ends.
    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = mem::take(&mut self.event);
            return Some(event).filter(|event| !event.data.is_empty());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event.name = value.to_owned(),
            "id" => self.event.id = Some(value.to_owned()),
            "retry" => self.retry = value.parse().map(Duration::from_millis).ok().or(self.retry),
            "data" if self.event.data.is_empty() => self.event.data = value.to_owned(),
            "data" => {
                self.event.data.push('\n');
                self.event.data.push_str(value);
            }
            _ => {}
        }
        None
    }
}
