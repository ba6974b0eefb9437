//! Room for connections: how many may be open, and when those that are have to end.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};

/// The places of all connections of a listener, whoever answers them. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Room(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    free: Semaphore,
    places: Mutex<Places>,
    stopping: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Places {
    wanted: usize,
    /// Taken, and not given back when they become free: there were more places before.
    surplus: usize,
}

/// A connection's place. Dropping it makes room for another.
#[derive(Debug)]
pub(super) struct Place(Room);

impl Default for Room {
    /// Room for nothing yet.
    fn default() -> Self {
        let (free, places) = (Semaphore::new(0), Mutex::default());
        Self(Arc::new(Parts { free, places, stopping: watch::Sender::new(false) }))
    }
}

impl Room {
    /// Makes room for so many. If fewer than before may be open, those that are stay, and no more come until enough of
    /// them are gone.
    pub(super) fn resize(&self, wanted: usize) {
        let mut places = self.0.places.lock();
        if wanted >= places.wanted {
            let more = wanted - places.wanted;
            let kept = more.min(places.surplus);
            places.surplus -= kept;
            self.0.free.add_permits(more - kept);
        } else {
            let fewer = places.wanted - wanted;
            places.surplus += fewer - self.0.free.forget_permits(fewer);
        }
        places.wanted = wanted;
    }

    /// A place, once there is one.
    pub(super) async fn enter(&self) -> Place {
        self.0.free.acquire().await.expect("it is never closed").forget();
        Place(self.clone())
    }

    /// Tells all connections to end, now and whenever one asks.
    pub(super) fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Completes when connections are to end.
    pub(super) async fn stopped(&self) {
        let mut stopping = self.0.stopping.subscribe();
        let _said = stopping.wait_for(|stopping| *stopping).await;
    }

    /// Completes once all places were given back.
    pub(super) async fn emptied(&self) {
        let wanted = self.0.places.lock().wanted;
        let _all = self.0.free.acquire_many(u32::try_from(wanted).unwrap_or(u32::MAX)).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let parts = &self.0.0;
        let mut places = parts.places.lock();
        if places.surplus > 0 {
            places.surplus -= 1;
        } else {
            parts.free.add_permits(1);
        }
    }
}
