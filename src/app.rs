//! What every handler is given: the service, the directory, the limits and the configuration.

use std::{
    any::Any,
    future::pending,
    num::NonZeroU32,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{
    alarms::Alarms,
    auth::{Access, Auth, AuthError},
    clock::{Clock, LEAP},
    config::{Config, Limits, Live, Reloaded},
    directory::Directory,
    limit::{RateLimit, StreamLimit},
    metrics::{self, Metrics},
    presence::Timestamp,
    service::{Budgets, Service, Tell},
    store::{Store, StoreError},
};

/// A handle to the parts of one server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What a dialect, or whatever else is built on an [`App`], may hold for itself in it.
pub trait Own: Any + Send + Sync {
    /// As it is at first.
    fn new(app: &Parts) -> Self
    where
        Self: Sized;

    /// Goes by the next configuration from now on.
    fn reload(&self, _before: &Config, _next: &Config) {}
}

/// The parts behind an [`App`].
pub struct Parts {
    /// As it was read last.
    pub config: Arc<Live<Config>>,
    /// What the time is.
    pub clock: Arc<dyn Clock>,
    /// What operators want to know.
    pub metrics: metrics::Shared,
    pub directory: Arc<Directory>,
    pub service: Arc<Service>,
    /// Who sent a request.
    pub auth: Auth,
    /// What tasks wait for that have to do something at a certain time.
    pub alarms: Alarms,
    /// How often streams of changes may be opened.
    pub new_stream_limit: RateLimit<()>,
    /// How many streams may be open.
    pub stream_limit: StreamLimit,
    draining: watch::Sender<bool>,
    /// What others hold here for themselves.
    own: boxcar::Vec<Box<dyn Own>>,
    /// Held while something is added to it.
    owning: Mutex<()>,
    /// When time was last let bring what it brings, in milliseconds.
    ticked: AtomicU64,
}

impl App {
    /// Puts a server's parts together, over what the store holds.
    pub async fn open(
        config: Config,
        store: Box<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        Self::open_telling(config, store, clock, Box::new(|_| {})).await
    }

    /// The same. `tell` is told how far the reading of the data is.
    pub async fn open_telling(
        config: Config,
        store: Box<dyn Store>,
        clock: Arc<dyn Clock>,
        tell: Box<Tell>,
    ) -> Result<Self, StoreError> {
        let store: Arc<dyn Store> = store.into();
        let (tokens_per_user, list_entries) = (config.limits.tokens_per_user, config.limits.list_entries);
        let directory = Directory::new(store.clone(), clock.clone(), tokens_per_user, list_entries);
        let directory = Arc::new(directory);
        let service = Arc::new(Service::new(
            store,
            directory.clone(),
            clock.clone(),
            config.rules(),
            config.presence.visibility,
            config.presence.lists,
            config.limits.status_bytes,
            budgets(&config.limits, &clock),
            tell,
        ));
        service.open().await?;
        let metrics = Metrics::new(service.store_figures().counted, service.causes(), clock.micros());
        let config = Arc::new(Live::new(config));
        let limits = &config.limits;
        let new_streams = limits.new_streams_per_second;
        Ok(Self(Arc::new(Parts {
            auth: Auth::new(directory.clone(), clock.clone(), config.clone()),
            directory,
            service,
            alarms: Alarms::new(clock.clone()),
            new_stream_limit: RateLimit::new(new_streams.into(), burst(limits), clock.clone()),
            stream_limit: StreamLimit::new(limits.streams, limits.streams_per_user),
            config: config.clone(),
            clock,
            ticked: AtomicU64::new(0),
            metrics: Arc::new(metrics),
            draining: watch::Sender::new(false),
            own: boxcar::Vec::new(),
            owning: Mutex::default(),
        })))
    }
}

/// What users may spend at first: all that the limits allow at once.
fn budgets(limits: &Limits, clock: &Arc<dyn Clock>) -> Budgets {
    let connect_burst = limits.sync_presence_burst;
    Budgets {
        set: RateLimit::new(limits.put_per_second, limits.put_burst, clock.clone()),
        connect: RateLimit::new(limits.sync_presence_per_second, connect_burst, clock.clone()),
        activity: RateLimit::new(limits.put_per_second, limits.put_burst, clock.clone()),
    }
}

/// How many new streams may be opened at once: as many as in a second.
fn burst(limits: &Limits) -> NonZeroU32 {
    NonZeroU32::new(limits.new_streams_per_second).unwrap_or(NonZeroU32::MIN)
}

impl App {
    /// The parts, for who goes by what they do.
    pub(crate) fn parts(&self) -> Arc<Parts> {
        self.0.clone()
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    /// Takes another configuration, as far as it may change while the server runs. Tells what that does.
    pub fn reload(&self, config: &Config) -> Reloaded {
        let reloaded = self.config.reloaded(config);
        let next = &reloaded.config;
        let limits = &next.limits;
        self.refill(limits);
        self.stream_limit.replace(limits.streams, limits.streams_per_user);
        self.service.replace_limit(limits.status_bytes);
        self.directory.replace_limits(limits.tokens_per_user, limits.list_entries);
        for (_, own) in &self.own {
            own.reload(&self.config, next);
        }
        self.config.replace(next.clone());
        self.auth.jwts.reload();
        reloaded
    }

    /// What another module holds here while the server runs, made when it is first asked for.
    pub fn own<T: Own>(&self) -> &T {
        let known = || self.own.iter().find_map(|(_, own)| (&**own as &dyn Any).downcast_ref());
        if let Some(own) = known() {
            return own;
        }
        let _turn = self.owning.lock();
        if known().is_none() {
            self.own.push(Box::new(T::new(self)));
        }
        known().expect("it is there now")
    }

    /// Fills the buckets of all rates.
    fn refill(&self, limits: &Limits) {
        let Budgets { set, connect, activity } = self.service.budgets();
        set.replace(limits.put_per_second, limits.put_burst);
        activity.replace(limits.put_per_second, limits.put_burst);
        connect.replace(limits.sync_presence_per_second, limits.sync_presence_burst);
        self.new_stream_limit.replace(limits.new_streams_per_second.into(), burst(limits));
    }

    /// Lets happen whatever time brings. To be called once in a while: the pauses are how late it happens.
    pub async fn tick(&self) {
        let now = self.clock.now().as_millis();
        if Timestamp::from_millis(self.ticked.swap(now, Ordering::Relaxed)) > self.clock.now() + LEAP {
            // What the clock said before it was set back is waited for no more.
            self.refill(&self.config.limits);
            self.service.settle().await;
        }
        self.auth.jwts.tick();
        self.directory.end_token_rooms().await;
        self.directory.forget_passes().await;
        self.log_out().await;
        self.service.tick().await;
        self.alarms.ring();
        let Budgets { set, connect, activity } = self.service.budgets();
        set.clean();
        connect.clean();
        activity.clean();
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

    /// Lets the devices end that spoke by signed tokens of users whose sessions were all ended.
    async fn log_out(&self) {
        for user in self.directory.take_signed_out() {
            for device in self.auth.jwts.forget(&user) {
                self.service.log_out(&user, device).await;
            }
        }
    }

    /// Completes when something may not go on any more, by its time or before it, and says why. Whatever is pushed by
    /// that ends then.
    pub async fn access_ended(&self, access: &Access) -> AuthError {
        let expiry = async {
            match self.auth.expires(access) {
                Some(expires) => self.alarms.until(expires).await,
                None => pending().await,
            }
        };
        tokio::select! {
            error = self.auth.ended(access) => error,
            () = expiry => AuthError::Expired,
        }
    }

    /// Whether new work should come here; if not, why.
    pub fn ready(&self) -> Result<(), String> {
        if *self.draining.borrow() {
            return Err("the server is stopping".to_owned());
        }
        self.service.health().map_err(|error| error.to_string())?;
        self.clock.doubt().map_or(Ok(()), Err)
    }
}
