use std::iter;

use serde::{Deserialize, Serialize};

use super::{Rules, State, Timestamp};
use crate::id::DeviceId;

/// What one device says: a state, when the device was last active, and until when it holds.
///
/// A claim holds while the device has a connection, and after that until a moment that was fixed when
/// the connection ended or the claim was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub(super) device: DeviceId,
    pub(super) state: State,
    pub(super) last_active: Timestamp,
    pub(super) connections: u32,
    pub(super) until: Timestamp,
    /// Until when it holds at least, whatever connections come and go.
    pub(super) leased_until: Timestamp,
}

impl Claim {
    /// Whether the claim still speaks for its user.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.connections > 0 || now < self.until
    }

    /// What the claim amounts to: nothing once it has ended, and an inactive `online` is `unavailable`.
    pub fn state_at(&self, now: Timestamp, rules: &Rules) -> State {
        match self.state {
            _ if !self.is_live(now) => State::Offline,
            State::Online if now >= self.last_active + rules.idle_after => State::Unavailable,
            state => state,
        }
    }

    /// The moments at which [`state_at`](Self::state_at) may turn.
    pub(super) fn boundaries(&self, rules: &Rules) -> impl Iterator<Item = Timestamp> {
        let end = (self.connections == 0).then_some(self.until);
        let idle = (self.state == State::Online).then(|| self.last_active + rules.idle_after);
        iter::chain(end, idle)
    }

    /// Fixes the moment at which the claim ends, for a device without a connection.
    pub(super) fn hold_for(&mut self, now: Timestamp, otherwise: std::time::Duration, rules: &Rules) {
        let span = if self.state == State::Busy { rules.busy_lease } else { otherwise };
        self.until = self.leased_until.max(now + span);
    }
}
