//! A value that is read all the time and replaced now and then.

use std::{
    ops::Deref,
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::sync::watch;

/// The latest of the values that were put here. Reading takes no lock, and what was read stays as it was. Former
/// values are kept for as long as this is, so it is for what changes seldom.
#[derive(Debug)]
pub struct Live<T> {
    versions: boxcar::Vec<T>,
    latest: AtomicUsize,
    replaced: watch::Sender<()>,
}

impl<T: PartialEq> Live<T> {
    /// The first value.
    pub fn new(value: T) -> Self {
        let versions = boxcar::Vec::new();
        let latest = AtomicUsize::new(versions.push(value));
        Self { versions, latest, replaced: watch::Sender::new(()) }
    }

    /// Puts another value in its place. One that is the same changes nothing, and is not kept.
    pub fn replace(&self, value: T) {
        if **self == value {
            return;
        }
        self.latest.store(self.versions.push(value), Ordering::Release);
        self.replaced.send_replace(());
    }

    /// Completes when the value is replaced from now on, each time that it is asked.
    pub fn replacements(&self) -> watch::Receiver<()> {
        self.replaced.subscribe()
    }
}

impl<T> Deref for Live<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.versions[self.latest.load(Ordering::Acquire)]
    }
}
