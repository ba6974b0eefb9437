use std::time::Duration;

use smol_str::SmolStr;

use super::{
    Call, CallSettingsChange, Claim, Expiry, Override, Record, Rules, State, Status, Text, Timestamp,
};
use crate::id::{DeviceId, NodeId};

/// One thing that happened to a user. Several may be applied together; they happen at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A device sets its state. Without a connection it holds for a lease; `offline` ends the claim.
    Claim { device: DeviceId, state: State },
    /// The same, for a lease of its own length where one is given.
    Say { device: DeviceId, state: State, lease: Option<Duration> },
    /// What a device says ends. One that is connected says nothing until it says something again.
    End { device: DeviceId },
    /// What a device is called, if anything. It is kept with the device's claim: without one it comes to nothing.
    Label { device: DeviceId, label: Option<SmolStr> },
    /// The user is active on a device: its claim holds anew, for as long as it did. Without a claim, the device
    /// says online.
    Active { device: DeviceId },
    /// The user did something else on a device: it is idle no more. What it says stays as it is, and so does
    /// until when.
    Touch { device: DeviceId },
    /// A gateway tells a device's state: a claim again, but no update unless it says something else.
    Report { device: DeviceId, state: State },
    /// A device sets the user online, with this text or none, until a moment, which is the end of a lease if
    /// left out: both end together, and connections that come and go do not shorten it.
    Lease { device: DeviceId, text: Option<Text>, until: Option<Timestamp> },
    /// The user leaves: what devices without a connection say ends, and the status with it.
    Leave,
    /// A device opens a connection (a `/sync` in flight, a stream) that says `state`. It never takes
    /// a user out of busy: only a [`Claim`](Input::Claim) does. `node` holds it.
    Connect { device: DeviceId, node: NodeId, state: State },
    /// A device opens a connection that says nothing by itself: what the device says holds on while it is open. Without
    /// a claim it comes to nothing.
    Attach { device: DeviceId, node: NodeId },
    /// A node has so many connections of a device open, whatever is counted: others took it for gone. Without a claim it
    /// comes to nothing.
    Reattach { device: DeviceId, node: NodeId, count: u32 },
    /// A device closes a connection that `node` held. When it was the last of all, the grace starts.
    Disconnect { device: DeviceId, node: NodeId },
    /// A node is no more, and with it all connections that it held. Where they were the last of a device, the grace
    /// starts.
    EndNode { node: NodeId },
    /// A device lost the last token that let it speak. What it says ends within the grace, its connections
    /// at once.
    LogOut { device: DeviceId },
    /// The user replaces the status, or clears it.
    Status(Option<Status>),
    /// The user overrides all devices by hand.
    Override(Override),
    /// The user is hidden from others, or shown again.
    Hidden(bool),
    /// The user changes some settings for calls.
    CallSettings(CallSettingsChange),
    /// A gateway reports a leg of a call, which holds for a lease.
    Call(Box<Call>),
    /// A gateway reports that a leg is over. It is shown as ended for a while.
    EndCall { id: String },
}

impl Input {
    /// What happened, in a word.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Claim { .. } => "claim",
            Self::Say { .. } => "say",
            Self::End { .. } => "end",
            Self::Label { .. } => "label",
            Self::Active { .. } => "active",
            Self::Touch { .. } => "touch",
            Self::Report { .. } => "report",
            Self::Lease { .. } => "lease",
            Self::Leave => "leave",
            Self::Connect { .. } | Self::Attach { .. } | Self::Reattach { .. } => "connect",
            Self::Disconnect { .. } | Self::EndNode { .. } => "disconnect",
            Self::LogOut { .. } => "log-out",
            Self::Status(_) => "status",
            Self::Override(_) => "override",
            Self::Hidden(_) => "hidden",
            Self::CallSettings(_) => "call-settings",
            Self::Call(_) => "call",
            Self::EndCall { .. } => "end-call",
        }
    }

    /// Whether a user set something that has to be found again after a restart. A connection is not: it
    /// ends with the server, and its device comes back.
    pub fn is_set(&self) -> bool {
        !matches!(
            self,
            Self::Connect { .. }
                | Self::Attach { .. }
                | Self::Reattach { .. }
                | Self::Disconnect { .. }
                | Self::LogOut { .. }
                | Self::EndNode { .. }
        )
    }

    /// Whether it tells nothing but that the user is there.
    pub fn is_activity(&self) -> bool {
        matches!(self, Self::Active { .. } | Self::Touch { .. })
    }
}

impl Record {
    /// Applies one input at `now`. Inputs that name a device stamp its activity, and the user's too
    /// while the merged state is online or busy.
    pub fn apply(&mut self, input: &Input, now: Timestamp, rules: &Rules) {
        self.claims.retain(|claim| claim.is_live(now));
        if self.is_updated_by(input) {
            self.last_update = Some(now);
        }
        match input {
            Input::Claim { device, state } | Input::Report { device, state } => {
                self.claim(device, *state, None, now, rules);
            }
            Input::Say { device, state, lease } => self.claim(device, *state, *lease, now, rules),
            Input::End { device } => self.end(device),
            Input::Label { device, label } => self.label(device, label.as_ref()),
            Input::Active { device } => self.active(device, now, rules),
            Input::Touch { device } => self.touch(device, now, rules),
            Input::Lease { device, text, until } => {
                self.lease(device, text.as_ref(), until.unwrap_or(now + rules.lease), now, rules);
            }
            Input::Leave => self.leave(now),
            Input::Connect { device, node, state } => self.connect(device, *node, *state, now, rules),
            Input::Attach { device, node } => self.attach(device, *node),
            Input::Reattach { device, node, count } => self.reattach(device, *node, *count),
            Input::Disconnect { device, node } => self.disconnect(device, *node, now, rules),
            Input::EndNode { node } => self.end_node(*node, now, rules),
            Input::LogOut { device } => self.log_out(device, now, rules),
            Input::Status(status) => self.status = status.clone(),
            Input::Override(value) => self.override_with(*value),
            Input::Hidden(hidden) => self.hidden = *hidden,
            Input::CallSettings(change) => self.telephony_mut().set(*change),
            Input::Call(call) => self.telephony_mut().report(call, now, rules),
            Input::EndCall { id } => self.telephony_mut().end(id, now, rules),
        }
        self.tidy_telephony(now);
    }

    /// Whether the input sets state or status. Connections do not, nor does what only renews.
    fn is_updated_by(&self, input: &Input) -> bool {
        match input {
            Input::Claim { .. }
            | Input::Say { .. }
            | Input::Lease { .. }
            | Input::Leave
            | Input::Status(_) => true,
            Input::Report { device, state } => self.said_by(device) != *state,
            Input::End { device } => self.said_by(device) != State::Offline,
            Input::Active { device } => self.said_by(device) == State::Offline,
            Input::Override(value) => match value {
                Override::Invisible { .. } => !self.is_invisible(),
                Override::None | Override::Busy => *value != self.overridden,
            },
            Input::Connect { .. }
            | Input::Attach { .. }
            | Input::Reattach { .. }
            | Input::Disconnect { .. }
            | Input::EndNode { .. }
            | Input::LogOut { .. }
            | Input::Label { .. }
            | Input::Touch { .. }
            | Input::Hidden(_)
            | Input::CallSettings(_)
            | Input::Call(_)
            | Input::EndCall { .. } => false,
        }
    }

    /// The state that a device says.
    fn said_by(&self, device: &DeviceId) -> State {
        self.claim_by(device).map_or(State::Offline, |claim| claim.state)
    }

    fn claim_by(&self, device: &DeviceId) -> Option<&Claim> {
        self.claims.iter().find(|claim| claim.device == *device)
    }

    fn claim_by_mut(&mut self, device: &DeviceId) -> Option<&mut Claim> {
        self.claims.iter_mut().find(|claim| claim.device == *device)
    }

    /// Whether a device has a claim that holds at `now`.
    pub fn has_claim(&self, device: &DeviceId, now: Timestamp) -> bool {
        self.claim_by(device).is_some_and(|claim| claim.is_live(now))
    }

    /// Turning invisible again keeps the moment at which it began.
    fn override_with(&mut self, value: Override) {
        match value {
            Override::Invisible { .. } if self.is_invisible() => return,
            Override::Invisible { .. } => self.status_left_behind.clone_from(&self.status),
            Override::None | Override::Busy => self.status_left_behind = None,
        }
        self.overridden = value;
    }

    fn claim(
        &mut self,
        device: &DeviceId,
        state: State,
        lease: Option<Duration>,
        now: Timestamp,
        rules: &Rules,
    ) {
        if state == State::Offline {
            self.end(device);
        } else {
            let claim = self.claim_of(device, now, rules);
            claim.state = state;
            claim.leased_until = now;
            claim.lease = lease;
            claim.renew(now, rules);
        }
        self.stamp_activity(now, rules);
    }

    fn end(&mut self, device: &DeviceId) {
        self.claims.retain(|claim| claim.device != *device || claim.is_connected());
        if let Some(claim) = self.claim_by_mut(device) {
            claim.state = State::Offline;
            claim.leased_until = claim.last_active;
            claim.lease = None;
        }
    }

    fn label(&mut self, device: &DeviceId, label: Option<&SmolStr>) {
        if let Some(claim) = self.claim_by_mut(device) {
            claim.label = label.cloned();
        }
    }

    fn active(&mut self, device: &DeviceId, now: Timestamp, rules: &Rules) {
        let claim = self.claim_of(device, now, rules);
        if claim.state == State::Offline {
            claim.state = State::Online;
        }
        claim.renew(now, rules);
        self.stamp_activity(now, rules);
    }

    fn touch(&mut self, device: &DeviceId, now: Timestamp, rules: &Rules) {
        if let Some(claim) = self.claim_by_mut(device) {
            claim.touch(now);
            self.stamp_activity(now, rules);
        }
    }

    fn lease(
        &mut self,
        device: &DeviceId,
        text: Option<&Text>,
        until: Timestamp,
        now: Timestamp,
        rules: &Rules,
    ) {
        self.claim(device, State::Online, None, now, rules);
        let claim = self.claim_of(device, now, rules);
        (claim.until, claim.leased_until) = (until, until);
        self.status = text.map(|text| Status { text: text.clone(), expires: Some(Expiry::Leased(until)) });
    }

    fn leave(&mut self, now: Timestamp) {
        self.claims.retain(|claim| claim.is_connected());
        for claim in &mut self.claims {
            claim.leased_until = now;
        }
        self.status = None;
    }

    fn connect(&mut self, device: &DeviceId, node: NodeId, state: State, now: Timestamp, rules: &Rules) {
        let state = if self.merged(now, rules) == State::Busy { State::Busy } else { state };
        let claim = self.claim_of(device, now, rules);
        claim.state = state;
        claim.last_active = now;
        claim.connect(node);
        self.stamp_activity(now, rules);
    }

    fn attach(&mut self, device: &DeviceId, node: NodeId) {
        if let Some(claim) = self.claim_by_mut(device) {
            claim.connect(node);
        }
    }

    fn reattach(&mut self, device: &DeviceId, node: NodeId, count: u32) {
        if let Some(claim) = self.claim_by_mut(device) {
            claim.leave(node);
            (0..count).for_each(|_| claim.connect(node));
        }
    }

    fn disconnect(&mut self, device: &DeviceId, node: NodeId, now: Timestamp, rules: &Rules) {
        if let Some(claim) = self.claim_by_mut(device)
            && claim.disconnect(node)
        {
            claim.hold_for(now, rules.connection_grace, rules);
        }
    }

    fn end_node(&mut self, node: NodeId, now: Timestamp, rules: &Rules) {
        for claim in &mut self.claims {
            if claim.leave(node) {
                claim.hold_for(now, rules.connection_grace, rules);
            }
        }
    }

    fn log_out(&mut self, device: &DeviceId, now: Timestamp, rules: &Rules) {
        let grace = now + rules.connection_grace;
        for claim in self.claims.iter_mut().filter(|claim| claim.device == *device) {
            claim.until = if claim.is_connected() { grace } else { claim.until.min(grace) };
            claim.leased_until = claim.leased_until.min(grace);
            claim.connections.clear();
        }
    }

    fn stamp_activity(&mut self, now: Timestamp, rules: &Rules) {
        if self.merged(now, rules) >= State::Online {
            self.last_active = Some(now);
        }
    }

    /// The device's claim, made if there is none; the bound on devices is kept.
    fn claim_of(&mut self, device: &DeviceId, now: Timestamp, rules: &Rules) -> &mut Claim {
        if let Some(index) = self.claims.iter().position(|claim| claim.device == *device) {
            return &mut self.claims[index];
        }
        if self.claims.len() >= rules.devices_per_user {
            let oldest = (0..self.claims.len())
                .min_by_key(|&index| (self.claims[index].is_connected(), self.claims[index].last_active));
            if let Some(index) = oldest {
                self.claims.swap_remove(index);
            }
        }
        self.claims.push(Claim::new(device.clone(), now));
        self.claims.last_mut().expect("a claim was just pushed")
    }
}
