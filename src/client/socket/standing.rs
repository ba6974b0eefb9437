//! What is to be the case on each connection of a socket: what is watched, what the device says, and what is not answered
//! yet.

use std::collections::VecDeque;

use crate::api::presenced::types::{ClientFrame, PresenceState, SayPresence, ServerFrame, Unwatch, Watch};

/// What is to be the case.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// What is watched, in frames as the server took them.
    watched: Vec<Watch>,
    /// What the device says, or that the user is active on it.
    said: Option<ClientFrame>,
    /// The resume token of what was told in full.
    token: Option<String>,
    /// The last one that was seen.
    seen: Option<String>,
    /// What was sent or is to be sent, and is not answered.
    open: VecDeque<Unanswered>,
    /// How many frames there were.
    count: u64,
}

/// A frame until it is answered.
#[derive(Debug)]
struct Unanswered {
    id: String,
    frame: ClientFrame,
    is_sent: bool,
}

/// What the ids of frames begin with by which a connection is made what the one before was.
const OWN: &str = "resume-";

impl Standing {
    /// Notes a frame that is to be sent; its id.
    pub(super) fn send(&mut self, frame: ClientFrame) -> String {
        self.count += 1;
        let id = self.count.to_string();
        self.open.push_back(Unanswered { id: id.clone(), frame, is_sent: false });
        id
    }

    /// A new connection, on which nothing was said: what stands is said again before all else, then what was not
    /// answered.
    pub(super) fn begin_again(&mut self) {
        self.open.retain(|sent| !sent.id.starts_with(OWN));
        for sent in &mut self.open {
            sent.is_sent = false;
        }
        let watches = self
            .watched
            .iter()
            .cloned()
            .map(|watch| ClientFrame::Watch(Watch { since: self.token.clone(), ..watch }));
        let frames: Vec<ClientFrame> = watches.chain(self.said.clone()).collect();
        for (place, frame) in frames.into_iter().enumerate().rev() {
            self.open.push_front(Unanswered { id: format!("{OWN}{place}"), frame, is_sent: false });
        }
    }

    /// Whether there is something to be sent.
    pub(super) fn has_more(&self) -> bool {
        self.open.iter().any(|sent| !sent.is_sent)
    }

    /// The next that is to be sent, which counts as sent from then on.
    pub(super) fn next(&mut self) -> Option<String> {
        let next = self.open.iter_mut().find(|sent| !sent.is_sent)?;
        next.is_sent = true;
        Some(next.frame.write(Some(&next.id)))
    }

    /// Whether a frame answers what was sent without the caller's doing.
    pub(super) fn is_own(frame: &ServerFrame) -> bool {
        matches!(frame, ServerFrame::Ack { id } if id.starts_with(OWN))
    }

    /// Takes in what a frame says. If it is that another token continues the socket: that token.
    pub(super) fn take(&mut self, frame: &ServerFrame) -> Option<String> {
        let mut continued = None;
        match frame {
            ServerFrame::Ready { token, .. } if self.watched.is_empty() => self.seen = Some(token.clone()),
            ServerFrame::Snapshot { token, more: false, .. } | ServerFrame::Presence { token, .. } => {
                self.seen = Some(token.clone());
            }
            ServerFrame::Ack { id } => continued = self.done(id),
            ServerFrame::Error { id: Some(id), .. } => self.open.retain(|sent| sent.id != *id),
            _ => {}
        }
        // What the connection before watched is told in full once all of it was answered.
        if !self.open.iter().any(|sent| sent.id.starts_with(OWN)) {
            self.token.clone_from(&self.seen);
        }
        continued
    }

    fn done(&mut self, id: &str) -> Option<String> {
        let place = self.open.iter().position(|sent| sent.id == id)?;
        let Unanswered { frame, id, .. } = self.open.remove(place)?;
        if id.starts_with(OWN) {
            return None;
        }
        match frame {
            ClientFrame::Watch(watch) => self.watched.push(Watch { since: None, ..watch }),
            ClientFrame::Unwatch(unwatch) => self.unwatch(&unwatch),
            ClientFrame::Presence(SayPresence { state: Some(PresenceState::Offline), .. }) => {
                self.said = None;
            }
            // A status is the server's to keep.
            ClientFrame::Presence(said) if said.state.is_some() => {
                self.said = Some(ClientFrame::Presence(SayPresence { status: None, ..said }));
            }
            ClientFrame::Presence(_) => {}
            ClientFrame::Activity(_) => {
                self.said.get_or_insert(frame);
            }
            ClientFrame::Token(token) => return Some(token.token),
        }
        None
    }

    fn unwatch(&mut self, Unwatch { users, rooms, everyone }: &Unwatch) {
        for watch in &mut self.watched {
            watch.users.retain(|user| !users.contains(user));
            watch.rooms.retain(|room| !rooms.contains(room));
            watch.everyone &= !everyone;
        }
        self.watched.retain(|watch| watch.everyone || !watch.users.is_empty() || !watch.rooms.is_empty());
    }
}
