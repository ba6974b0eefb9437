//! Keys that an issuer publishes. They are fetched when a token is signed with one that is not among them, at most so
//! often, and now and then besides, so that a key that was withdrawn is not taken for ever. While that fails, those
//! that there were stay.

use std::{fmt, sync::Arc, time::Duration};

use hyper::body::Bytes;
use parking_lot::{Mutex, RwLock};
use serde_json::Value;
use tokio::sync::watch;

use super::{count, fetch::Fetcher};
use crate::config::Key;
use crate::presence::Timestamp;

/// How long keys are taken as they are.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// How many keys of a set are taken.
const MOST: usize = 100;

pub(crate) struct KeySet {
    url: String,
    fetcher: Arc<Fetcher>,
    keys: RwLock<Arc<[Key]>>,
    /// What they were read from.
    text: Mutex<Bytes>,
    /// Counts when keys go.
    changes: Arc<watch::Sender<u64>>,
    times: Mutex<Times>,
    is_fetching: watch::Sender<bool>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Times {
    tried: Option<Timestamp>,
    fetched: Option<Timestamp>,
}

/// What time it is, how often keys may be fetched, and how long that may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) now: Timestamp,
    pub(super) every: Duration,
    pub(super) timeout: Duration,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet").field("url", &self.url).finish_non_exhaustive()
    }
}

impl KeySet {
    pub(super) fn new(url: &str, fetcher: Arc<Fetcher>, changes: Arc<watch::Sender<u64>>) -> Self {
        Self {
            url: url.to_owned(),
            fetcher,
            keys: RwLock::new(Arc::new([])),
            text: Mutex::default(),
            changes,
            times: Mutex::default(),
            is_fetching: watch::Sender::new(false),
        }
    }

    /// The keys as they were fetched last.
    pub(super) fn keys(&self) -> Arc<[Key]> {
        self.keys.read().clone()
    }

    /// Fetches the keys, or waits for the task that does; not if that was tried a short while ago.
    pub(super) async fn renew(self: &Arc<Self>, pace: Pace) {
        let mut is_fetching = self.is_fetching.subscribe();
        self.begin(pace, |times| times.tried, pace.every);
        // The sender is this.
        let _over = is_fetching.wait_for(|is_fetching| !is_fetching).await;
    }

    /// Has the keys fetched if they are old, without waiting for them.
    pub(super) fn keep_fresh(self: &Arc<Self>, pace: Pace) {
        if self.times.lock().fetched.is_some() {
            self.begin(pace, |times| times.fetched, FRESH);
        }
    }

    /// Begins to fetch unless that is being done, or was tried lately, or was done within a time. It is a task of its
    /// own: the request that waits for it may go away.
    fn begin(self: &Arc<Self>, pace: Pace, since: impl Fn(&Times) -> Option<Timestamp>, within: Duration) {
        let mut times = self.times.lock();
        let is_due =
            |at: Option<Timestamp>, within| at.is_none_or(|at| pace.now >= at + within || pace.now < at);
        let is_due = is_due(times.tried, pace.every) && is_due(since(&times), within);
        if !is_due || self.is_fetching.send_replace(true) {
            return;
        }
        times.tried = Some(pace.now);
        drop(times);
        let fetch = Fetch(self.clone());
        tokio::spawn(async move { fetch.done(pace).await });
    }

    /// Takes a set in the place of the one before.
    fn put(&self, text: Bytes, now: Timestamp) -> Result<(), String> {
        if *self.text.lock() != text {
            *self.keys.write() = parse(&text)?.into();
            *self.text.lock() = text;
            count(&self.changes);
        }
        self.times.lock().fetched = Some(now);
        Ok(())
    }
}

/// Keys on their way. The requests that wait for them go on when this ends, however it does.
struct Fetch(Arc<KeySet>);

impl Fetch {
    async fn done(self, pace: Pace) {
        let Self(key_set) = &self;
        let text = key_set.fetcher.get(&key_set.url, pace.timeout).await;
        if let Err(why) = text.and_then(|text| key_set.put(text, pace.now)) {
            let url = &key_set.url;
            tracing::warn!(url, why, "the keys of an issuer could not be fetched; those before stay");
        }
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.0.is_fetching.send_replace(false);
    }
}

/// The keys of a set that sign tokens.
fn parse(text: &[u8]) -> Result<Vec<Key>, String> {
    let set: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let keys = set["keys"].as_array().ok_or("the answer is no JSON Web Key Set")?;
    Ok(keys.iter().filter_map(Key::of_set).take(MOST).collect())
}
