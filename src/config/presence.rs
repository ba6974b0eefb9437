use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::invalid::{Check, in_range, require, seconds};
use crate::service::Visibility;

/// The rules that turn what devices say into presence, and who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Presence {
    /// Who may see whom.
    pub visibility: Visibility,
    /// Whether users may ask others to be allowed to see them, by presence lists.
    pub lists: bool,
    /// How long after their last activity an online user counts as currently active.
    pub active_window_seconds: u64,
    /// How long a device may be inactive before its "online" becomes "unavailable".
    pub idle_after_seconds: u64,
    /// How long a device counts as there after its last connection ended.
    pub connection_grace_seconds: u64,
    /// How long a state set without a connection holds.
    pub lease_seconds: u64,
    /// The same for a busy state.
    pub busy_lease_seconds: u64,
    /// How many devices may speak for one user at a time.
    #[schemars(range(min = 1))]
    pub devices_per_user: usize,
    /// How long a reported leg of a call is believed without another report.
    pub call_lease_seconds: u64,
    /// How many legs of calls one user may have at a time.
    #[schemars(range(min = 1))]
    pub calls_per_user: usize,
    /// How long a leg of a call is shown after its end.
    pub ended_call_seconds: u64,
}

impl Presence {
    pub(super) fn check(&self) -> Check {
        seconds("presence.active_window_seconds", self.active_window_seconds, 0)?;
        seconds("presence.idle_after_seconds", self.idle_after_seconds, 0)?;
        seconds("presence.connection_grace_seconds", self.connection_grace_seconds, 0)?;
        seconds("presence.lease_seconds", self.lease_seconds, 0)?;
        seconds("presence.busy_lease_seconds", self.busy_lease_seconds, 0)?;
        seconds("presence.call_lease_seconds", self.call_lease_seconds, 1)?;
        seconds("presence.ended_call_seconds", self.ended_call_seconds, 1)?;
        in_range("presence.devices_per_user", self.devices_per_user, 1, 10_000)?;
        in_range("presence.calls_per_user", self.calls_per_user, 1, 1_000)?;
        require(
            self.active_window_seconds < self.idle_after_seconds,
            "presence.idle_after_seconds",
            "has to be more than presence.active_window_seconds",
        )
    }
}
