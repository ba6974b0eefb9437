use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::invalid::{Check, LONGEST_SECONDS, require};
use crate::service::Visibility;

/// The rules that turn what devices say into presence, and who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Presence {
    /// Who may see whom.
    #[schemars(with = "VisibilityWord")]
    pub visibility: Visibility,
    /// Whether users may ask others to be allowed to see them, by presence lists.
    pub lists: bool,
    /// How long after their last activity an online user counts as currently active.
    #[schemars(range(min = 0, max = LONGEST_SECONDS))]
    pub active_window_seconds: u64,
    /// How long a device may be inactive before its "online" becomes "unavailable".
    #[schemars(range(min = 0, max = LONGEST_SECONDS))]
    pub idle_after_seconds: u64,
    /// How long a device counts as there after its last connection ended.
    #[schemars(range(min = 0, max = LONGEST_SECONDS))]
    pub connection_grace_seconds: u64,
    /// How long a state set without a connection holds.
    #[schemars(range(min = 0, max = LONGEST_SECONDS))]
    pub lease_seconds: u64,
    /// The same for a busy state.
    #[schemars(range(min = 0, max = LONGEST_SECONDS))]
    pub busy_lease_seconds: u64,
    /// How many devices may speak for one user at a time.
    #[schemars(range(min = 1, max = 10_000))]
    pub devices_per_user: usize,
    /// How long a reported leg of a call is believed without another report.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub call_lease_seconds: u64,
    /// How many legs of calls one user may have at a time.
    #[schemars(range(min = 1, max = 1_000))]
    pub calls_per_user: usize,
    /// How long a leg of a call is shown after its end.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub ended_call_seconds: u64,
}

/// Who may see whom, besides oneself and admins.
#[derive(JsonSchema)]
#[schemars(rename = "Visibility", rename_all = "lowercase")]
#[expect(dead_code, reason = "it says what the schema says, and nothing more")]
enum VisibilityWord {
    /// Users that share a room.
    Room,
    /// Every user of the server.
    Server,
}

impl Presence {
    pub(super) fn check(&self) -> Check {
        require(
            self.active_window_seconds < self.idle_after_seconds,
            "presence.idle_after_seconds",
            "has to be more than presence.active_window_seconds",
        )
    }
}
