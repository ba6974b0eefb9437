//! The core, without a server: what follows from what devices say.

mod bytes;
mod inputs;
mod leases;
mod properties;
mod saying;
mod truth_table;

use std::time::Duration;

use presenced::{
    id::{DeviceId, NodeId},
    presence::{Input, Record, Rules, State, Timestamp},
};

pub(crate) const START: Timestamp = Timestamp::from_millis(1_000_000);

pub(crate) fn device(name: &str) -> DeviceId {
    name.parse().expect("a device id")
}

pub(crate) fn claim(name: &str, state: State) -> Input {
    Input::Claim { device: device(name), state }
}

pub(crate) fn say(name: &str, state: State, lease: Option<Duration>) -> Input {
    Input::Say { device: device(name), state, lease }
}

pub(crate) fn end(name: &str) -> Input {
    Input::End { device: device(name) }
}

pub(crate) fn label(name: &str, label: Option<&str>) -> Input {
    Input::Label { device: device(name), label: label.map(Into::into) }
}

pub(crate) fn active(name: &str) -> Input {
    Input::Active { device: device(name) }
}

pub(crate) fn touch(name: &str) -> Input {
    Input::Touch { device: device(name) }
}

pub(crate) fn connect(name: &str, state: State) -> Input {
    Input::Connect { device: device(name), node: NodeId::LOCAL, state }
}

pub(crate) fn disconnect(name: &str) -> Input {
    Input::Disconnect { device: device(name), node: NodeId::LOCAL }
}

pub(crate) fn lease(name: &str, text: Option<&str>) -> Input {
    Input::Lease { device: device(name), text: text.map(Into::into), until: None }
}

/// A record under the default rules, and the time that passes over it.
pub(crate) struct Story {
    pub record: Record,
    pub now: Timestamp,
    pub rules: Rules,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self { record: Record::default(), now: START, rules: Rules::default() }
    }

    pub(crate) fn then(mut self, input: Input) -> Self {
        self.record.apply(&input, self.now, &self.rules);
        self
    }

    pub(crate) fn after(mut self, time: Duration) -> Self {
        self.now = self.now + time;
        self
    }

    pub(crate) fn state(&self) -> State {
        self.record.at(self.now, &self.rules).state
    }
}
