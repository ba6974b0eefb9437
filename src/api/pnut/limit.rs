//! Rate limits as pnut's clients know them: so many calls in a window of time, and a ban for a caller who
//! makes one more.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;

use super::config::Pnut;
use crate::{
    config::{Config, Live},
    presence::Timestamp,
    request::network,
};

/// How often those whose window is over are forgotten.
const CLEANED_EVERY: Duration = Duration::from_secs(60);

/// How many windows of addresses are known at a time. Where there are more, all are forgotten: an attacker with so many is not
/// to be held by a limit for each. Of tokens there are as many windows as are used.
const MOST_ADDRESSES: usize = 100_000;

/// The calls of all callers in their present windows.
pub(super) struct RateLimits {
    config: Arc<Live<Config>>,
    windows: Mutex<Windows>,
    /// Tokens are told apart by hashes that mean nothing outside of this process.
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Windows {
    of_tokens: HashMap<Key, Window>,
    of_addresses: HashMap<Key, Window>,
    cleaned: Option<Timestamp>,
}

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// The holder of a valid token.
    Token(u64),
    /// A caller without one. Of an IPv6 address the network counts, of which each customer has one.
    Address(IpAddr),
}

/// What is counted apart: reading calls and writing calls of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    who: Who,
    writes: bool,
}

#[derive(Debug)]
struct Window {
    used: u32,
    is_banned: bool,
    until: Timestamp,
}

/// What is left of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub limit: u32,
    pub remaining: u32,
    /// In how many seconds the window, or the ban, is over.
    pub reset: u64,
}

impl Who {
    pub(super) fn at(address: IpAddr) -> Self {
        Self::Address(network(address))
    }

    fn is_address(self) -> bool {
        matches!(self, Self::Address(_))
    }
}

impl Windows {
    /// Where the window of a key is, or has room.
    fn of(&mut self, key: &Key, now: Timestamp) -> &mut HashMap<Key, Window> {
        let is_over = |cleaned| now >= cleaned + CLEANED_EVERY;
        let is_crowded = || self.of_addresses.len() >= MOST_ADDRESSES && !self.of_addresses.contains_key(key);
        if self.cleaned.is_none_or(is_over) || (key.who.is_address() && is_crowded()) {
            self.cleaned = Some(now);
            for windows in [&mut self.of_tokens, &mut self.of_addresses] {
                windows.retain(|_, window| now < window.until);
                windows.shrink_to_fit();
            }
        }
        if !key.who.is_address() {
            return &mut self.of_tokens;
        }
        if self.of_addresses.len() >= MOST_ADDRESSES && !self.of_addresses.contains_key(key) {
            self.of_addresses = HashMap::new();
        }
        &mut self.of_addresses
    }
}

impl RateLimits {
    pub(super) fn new(config: Arc<Live<Config>>) -> Self {
        let hasher = RandomState::new();
        Self { config, windows: Mutex::default(), hasher }
    }

    pub(super) fn holder_of(&self, token: &[u8]) -> Who {
        Who::Token(self.hasher.hash_one(token))
    }

    /// Counts a call. Nothing is said where there is no limit; an error is a ban.
    pub(super) fn count(
        &self,
        who: Who,
        writes: bool,
        now: Timestamp,
    ) -> Option<Result<Allowance, Allowance>> {
        let (limit, span) = self.rule(who, writes);
        if limit == 0 {
            return None;
        }
        let (mut windows, key) = (self.windows.lock(), Key { who, writes });
        let fresh = || Window { used: 0, is_banned: false, until: now + span };
        let window = windows.of(&key, now).entry(key).or_insert_with(fresh);
        if now >= window.until {
            *window = fresh();
        }
        if window.used < limit {
            window.used += 1;
        } else if !window.is_banned {
            window.is_banned = true;
            window.until = now + Duration::from_secs(self.config.section::<Pnut>().ban_seconds);
        }
        let reset = window.until.millis_since(now).div_ceil(1_000);
        let allowance = Allowance { limit, remaining: limit.saturating_sub(window.used), reset };
        Some(if window.is_banned { Err(allowance) } else { Ok(allowance) })
    }

    /// How many calls there may be in which time; 0 is no limit.
    fn rule(&self, who: Who, writes: bool) -> (u32, Duration) {
        let config = &self.config.section::<Pnut>();
        let (limit, seconds) = match (who, writes) {
            (_, true) => (config.writes, config.writes_seconds),
            (Who::Token(_), false) => (config.reads, config.reads_seconds),
            (Who::Address(_), false) => (config.anonymous_reads, config.anonymous_reads_seconds),
        };
        (limit, Duration::from_secs(seconds))
    }
}
