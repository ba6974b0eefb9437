use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::invalid::{Check, LONGEST_SECONDS, require};

/// The bounds that keep one client from spoiling it for the others.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The largest request body, in bytes.
    #[schemars(range(min = 1, max = LARGEST_BYTES))]
    pub body_bytes: usize,
    /// The same for presenced's own API, whose calls may name many users.
    #[schemars(range(min = 1, max = LARGEST_BYTES))]
    pub bulk_body_bytes: usize,
    /// How long a request body may take to arrive.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub body_seconds: u64,
    /// The longest status text, in bytes of UTF-8.
    #[schemars(range(min = 0, max = LARGEST_BYTES))]
    pub status_bytes: usize,
    /// The largest request head, in bytes.
    #[schemars(range(min = 8_192, max = LARGEST_BYTES))]
    pub head_bytes: usize,
    /// How long a request head may take to arrive, and an idle connection may stay open.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub head_seconds: u64,
    /// How many connections may be open at a time; more have to wait.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub connections: usize,
    /// How many of them may come from one address; 0 is no limit.
    #[schemars(range(min = 0, max = 10_000_000))]
    pub connections_per_address: usize,
    /// How many requests may be under way on one HTTP/2 connection.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub http2_streams: u32,
    /// How often one user may set presence, on average per second; 0 is no limit.
    #[schemars(range(min = 0.0))]
    pub put_per_second: f64,
    /// How often one user may set presence at once.
    pub put_burst: NonZeroU32,
    /// How often one user's `/sync` requests may set presence, on average per second; 0 is no limit.
    #[schemars(range(min = 0.0))]
    pub sync_presence_per_second: f64,
    /// How often they may do so at once.
    pub sync_presence_burst: NonZeroU32,
    /// How many frames one socket of presenced's own API may send, on average per second; 0 is no limit.
    #[schemars(range(min = 0.0))]
    pub socket_frames_per_second: f64,
    /// How many it may send at once.
    pub socket_frames_burst: NonZeroU32,
    /// How long a request may wait for news.
    #[schemars(range(min = 0, max = LONGEST_SECONDS))]
    pub long_poll_seconds: u64,
    /// How many tokens one user may have.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub tokens_per_user: usize,
    /// How many rooms signed tokens may put one user into.
    #[schemars(range(min = 1, max = 10_000))]
    pub token_rooms: usize,
    /// How many filters one user may have stored.
    #[schemars(range(min = 1, max = 10_000))]
    pub filters_per_user: usize,
    /// How many entries a presence list may have.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub list_entries: usize,
    /// How many members a room may have.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub room_members: usize,
    /// How many users one bulk read may name.
    #[schemars(range(min = 1, max = 1_000))]
    pub bulk_users: usize,
    /// How many items one call of a gateway may report.
    #[schemars(range(min = 1, max = 1_000))]
    pub heartbeats_per_call: usize,
    /// How often a change stream shows that it is alive.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub stream_heartbeat_seconds: u64,
    /// How many streams may be open at a time: change streams and requests that wait for news.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub streams: usize,
    /// How many of them may be one user's.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub streams_per_user: usize,
    /// How many change streams may be opened per second; 0 is no limit.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub new_streams_per_second: u32,
    /// How long a change stream pauses after each batch; what changes meanwhile goes out together.
    pub stream_pause_milliseconds: u64,
    /// How long before the end of a token those are warned who follow presence with it; of a token that is soon over,
    /// half of what is left of it.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub token_warning_seconds: u64,
    /// How many users and rooms one socket may watch, and one webhook may be about.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub watch_entries: usize,
    /// How long a client may take nothing of what it is sent, before its connection is closed.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub stream_write_seconds: u64,
}

/// The largest size that can be configured: 1 GiB.
const LARGEST_BYTES: usize = 1 << 30;

impl Limits {
    pub(super) fn check(&self) -> Check {
        let rates = [
            ("limits.put_per_second", self.put_per_second),
            ("limits.sync_presence_per_second", self.sync_presence_per_second),
            ("limits.socket_frames_per_second", self.socket_frames_per_second),
        ];
        for (key, rate) in rates {
            let is_rate = rate == 0.0 || (0.001..=1_000_000.0).contains(&rate);
            require(is_rate, key, "has to be 0, or from 0.001 to 1000000")?;
        }
        Ok(())
    }
}
