//! Room for connections: how many may be open, and when those that are have to end.

use tokio::sync::watch;

use crate::places::{Place, Places};

/// The places of all connections of a listener, on whatever thread. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Room {
    places: Places,
    stopping: watch::Sender<bool>,
}

impl Default for Room {
    /// Room for nothing yet.
    fn default() -> Self {
        Self { places: Places::new(0), stopping: watch::Sender::new(false) }
    }
}

impl Room {
    /// Makes room for so many.
    pub(super) fn resize(&self, wanted: usize) {
        self.places.resize(wanted);
    }

    /// A place, once there is one.
    pub(super) async fn enter(&self) -> Place {
        self.places.take().await
    }

    /// Tells all connections to end, now and whenever one asks.
    pub(super) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Completes when connections are to end.
    pub(super) async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        let _said = stopping.wait_for(|stopping| *stopping).await;
    }

    /// Completes once all places were given back.
    pub(super) async fn emptied(&self) {
        self.places.emptied().await;
    }
}
