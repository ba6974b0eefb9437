use std::{iter, time::Duration};

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::{Rules, State, Timestamp};
use crate::id::{DeviceId, NodeId};

/// What one device says: a state, when the device was last active, and until when it holds.
///
/// A claim holds while the device has a connection, and after that until a moment that was fixed when
/// the connection ended or the claim was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub(super) device: DeviceId,
    pub(super) state: State,
    pub(super) last_active: Timestamp,
    pub(super) connections: Connections,
    pub(super) until: Timestamp,
    /// Until when it holds at least, whatever connections come and go.
    pub(super) leased_until: Timestamp,
    /// What the device is called.
    pub(super) label: Option<SmolStr>,
    /// How long it holds without a connection, where that is another time than the rules say.
    pub(super) lease: Option<Duration>,
}

/// What one device says at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    /// What it is called, if anything.
    pub label: Option<SmolStr>,
    pub state: State,
    pub last_active: Timestamp,
    pub connected: bool,
    /// Until when it holds, unless it is connected.
    pub until: Option<Timestamp>,
}

/// The longest that a device may be called, in characters.
pub const LONGEST_LABEL: usize = 32;

/// How many connections the device has open, by the node that holds them. No count is 0.
pub(super) type Connections = SmallVec<[(NodeId, u32); 1]>;

impl Claim {
    /// A claim of a device that has not said anything yet.
    pub(super) fn new(device: DeviceId, now: Timestamp) -> Self {
        Self {
            device,
            state: State::Offline,
            last_active: now,
            connections: Connections::new(),
            until: now,
            leased_until: now,
            label: None,
            lease: None,
        }
    }

    /// Whether the claim still speaks for its user.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.is_connected() || now < self.until
    }

    /// Whether the device has a connection, on whatever node.
    pub(super) fn is_connected(&self) -> bool {
        !self.connections.is_empty()
    }

    /// Counts one more connection on a node.
    pub(super) fn connect(&mut self, node: NodeId) {
        match self.connections.iter_mut().find(|(other, _)| *other == node) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.connections.push((node, 1)),
        }
    }

    /// Counts one connection less on a node. Says whether it was the last of all.
    pub(super) fn disconnect(&mut self, node: NodeId) -> bool {
        let was_connected = self.is_connected();
        if let Some((_, count)) = self.connections.iter_mut().find(|(other, _)| *other == node) {
            *count -= 1;
        }
        self.connections.retain(|(_, count)| *count > 0);
        was_connected && !self.is_connected()
    }

    /// Drops all connections on a node. Says whether there were some, and they were the last of all.
    pub(super) fn leave(&mut self, node: NodeId) -> bool {
        let was_connected = self.is_connected();
        self.connections.retain(|(other, _)| *other != node);
        was_connected && !self.is_connected()
    }

    /// What the claim amounts to: nothing once it has ended, and an inactive `online` is `unavailable`.
    pub fn state_at(&self, now: Timestamp, rules: &Rules) -> State {
        match self.state {
            _ if !self.is_live(now) => State::Offline,
            State::Online if now >= self.last_active + rules.idle_after => State::Unavailable,
            state => state,
        }
    }

    /// What the claim says at `now`.
    pub(super) fn look(&self, now: Timestamp, rules: &Rules) -> Device {
        Device {
            id: self.device.clone(),
            label: self.label.clone(),
            state: self.state_at(now, rules),
            last_active: self.last_active,
            connected: self.is_connected(),
            until: (!self.is_connected()).then_some(self.until),
        }
    }

    /// The moments at which [`state_at`](Self::state_at) may turn.
    pub(super) fn boundaries(&self, rules: &Rules) -> impl Iterator<Item = Timestamp> {
        let end = (!self.is_connected()).then_some(self.until);
        let idle = (self.state == State::Online).then(|| self.last_active + rules.idle_after);
        iter::chain(end, idle)
    }

    /// Fixes the moment at which the claim ends, for a device without a connection.
    pub(super) fn hold_for(&mut self, now: Timestamp, otherwise: Duration, rules: &Rules) {
        let usual = if self.state == State::Busy { rules.busy_lease } else { otherwise };
        self.until = self.leased_until.max(now + self.lease.unwrap_or(usual));
    }

    /// Lets the claim hold anew, for as long as it did.
    pub(super) fn renew(&mut self, now: Timestamp, rules: &Rules) {
        self.touch(now);
        self.hold_for(now, rules.lease, rules);
    }

    /// Notes that the device is active. What would have ended by now holds until now, which is as good as ended
    /// and takes no room.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.last_active = now;
        self.leased_until = self.leased_until.max(now);
    }
}
