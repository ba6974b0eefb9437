//! What every handler is given: the service, the directory, the limits and the configuration.

use std::{ops::Deref, sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{
    alarms::Alarms,
    api::ringcentral::{MemoryShelf, Push, Shelf},
    clock::Clock,
    config::Config,
    directory::Directory,
    limit::{RateLimit, WindowLimit},
    service::Service,
    store::Store,
};

/// A handle to the parts of one server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts behind an [`App`].
pub struct Parts {
    pub config: Config,
    pub directory: Arc<Directory>,
    pub service: Arc<Service>,
    /// What tasks wait for that have to do something at a certain time.
    pub alarms: Alarms,
    /// Who is told of changes, by the RingCentral dialect.
    pub push: Push,
    /// How often a user may set presence, all devices and dialects together.
    pub put_limit: RateLimit,
    /// How often one user of one app may make calls of one group, where a dialect has groups.
    pub group_limit: WindowLimit,
    draining: watch::Sender<bool>,
}

impl App {
    /// Puts a server's parts together.
    pub fn new(config: Config, store: Box<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self::with_shelf(config, store, Box::new(MemoryShelf::default()), clock)
    }

    /// The same with the subscriptions that a shelf has kept.
    pub fn with_shelf(
        config: Config,
        store: Box<dyn Store>,
        shelf: Box<dyn Shelf>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let directory = Arc::new(Directory::new(config.limits.tokens_per_user));
        let service = Arc::new(Service::new(
            store,
            directory.clone(),
            clock.clone(),
            config.rules(),
            config.presence.visibility,
            config.limits.status_bytes,
        ));
        let penalty = Duration::from_secs(config.ringcentral.penalty_seconds);
        let group_limit = WindowLimit::new(Duration::from_secs(60), penalty, clock.clone());
        let put_limit = RateLimit::new(config.limits.put_per_second, config.limits.put_burst, clock.clone());
        let alarms = Alarms::new(clock);
        let push = Push::new(&config, shelf);
        let draining = watch::Sender::new(false);
        Self(Arc::new(Parts { config, directory, service, alarms, push, put_limit, group_limit, draining }))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    /// Lets happen whatever time brings. To be called once in a while: the pauses are how late it happens.
    pub async fn tick(&self) {
        self.service.tick().await;
        self.alarms.ring();
    }

    /// Says that no new work should come here: the server is about to stop.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Completes once no new work should come here. What would not end by itself ends then.
    pub async fn drained(&self) {
        let mut draining = self.draining.subscribe();
        let _said = draining.wait_for(|draining| *draining).await;
    }

    /// Whether new work should come here; if not, why.
    pub fn ready(&self) -> Result<(), String> {
        if *self.draining.borrow() {
            return Err("the server is stopping".to_owned());
        }
        self.service.health().map_err(|error| error.to_string())
    }
}
