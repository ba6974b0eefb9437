use std::time::Duration;

/// The timers and bounds that turn claims into presence. A timer of 60 s ends at its 60th second:
/// each span includes its start and excludes its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long after their last activity an online user counts as currently active.
    pub active_window: Duration,
    /// How long a device may be inactive before its `online` counts as `unavailable`.
    pub idle_after: Duration,
    /// How long a claim outlives the last connection of its device.
    pub connection_grace: Duration,
    /// How long a claim set without a connection holds.
    pub lease: Duration,
    /// The same for a busy claim, with or without an earlier connection.
    pub busy_lease: Duration,
    /// How many devices may speak for one user; the one that was active longest ago makes room.
    pub devices_per_user: usize,
    /// How long a leg of a call is believed without another report.
    pub call_lease: Duration,
    /// How long a leg of a call is shown after its end.
    pub ended_call: Duration,
    /// How many legs of calls one user may have; the one reported longest ago makes room.
    pub calls_per_user: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            active_window: Duration::from_secs(60),
            idle_after: Duration::from_secs(5 * 60),
            connection_grace: Duration::from_secs(30),
            lease: Duration::from_secs(15 * 60),
            busy_lease: Duration::from_secs(60 * 60),
            devices_per_user: 64,
            call_lease: Duration::from_secs(60 * 60),
            ended_call: Duration::from_secs(10),
            calls_per_user: 64,
        }
    }
}
