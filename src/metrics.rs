//! Figures for operators, in the form that Prometheus reads. The comment above each family is its help text.
//!
//! No label has a value that users choose.

use std::sync::Arc;

use prometheus_client::{
    encoding::{
        EncodeLabelSet,
        text::{encode_eof, encode_registry},
    },
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
    },
    registry::Registry,
};

use self::process::Process;

/// A family with one label.
pub type By<M> = Family<[(&'static str, &'static str); 1], M>;

/// A gauge of anything that is no whole number.
pub type Measure = Gauge<f64, std::sync::atomic::AtomicU64>;

/// Which requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Requests {
    /// The published contract.
    pub dialect: &'static str,
    /// The operation by its name in the document, or `none`.
    pub operation: &'static str,
    /// The HTTP status.
    pub status: u16,
}

/// Which durations are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Durations {
    pub dialect: &'static str,
    pub operation: &'static str,
}

/// Which violations of a document are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Violations {
    pub dialect: &'static str,
    pub operation: String,
    /// Whether the `request` or the `answer` is not as documented.
    pub part: &'static str,
}

/// Makes the histograms of requests.
#[derive(Clone, Copy, Debug)]
pub struct OfRequests;

impl MetricConstructor<Histogram> for OfRequests {
    fn new_metric(&self) -> Histogram {
        // Reads take microseconds, and long polls minutes.
        Histogram::new([0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0])
    }
}

/// A histogram of writes to the disk.
pub fn of_commits() -> Histogram {
    Histogram::new([0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0])
}

/// Counters of a family that are counted with again and again, each by what it counts: to find one in its family takes
/// longer than to count.
#[derive(Debug)]
pub struct AtHand<K>(boxcar::Vec<(K, Counter)>);

impl<K> Default for AtHand<K> {
    fn default() -> Self {
        Self(boxcar::Vec::new())
    }
}

impl<K: Copy + PartialEq> AtHand<K> {
    /// Counts one more. `find` finds the counter in its family.
    pub fn count(&self, what: K, find: impl FnOnce() -> Counter) {
        let known = self.0.iter().find(|(_, (known, _))| *known == what);
        // Where several find it at once, they find the same.
        let counter =
            known.map_or_else(|| &self.0[self.0.push((what, find()))].1, |(_, (_, counter))| counter);
        counter.inc();
    }
}

/// Declares families with their names and comments.
macro_rules! families {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $families:ident {
            $($(#[doc = $about:literal])+ $field:ident: $kind:ty = $name:literal, $new:expr;)+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug)]
        $visibility struct $families {
            $($(#[doc = $about])+ $visibility $field: $kind,)+
        }

        impl $families {
            fn new() -> Self {
                Self { $($field: $new,)+ }
            }

            fn register_in(&self, registry: &mut prometheus_client::registry::Registry) {
                $(registry.register(
                    $name,
                    concat!($($about),+).trim().trim_end_matches('.'),
                    self.$field.clone(),
                );)+
            }
        }
    };
}

// Below the macro that it needs.
mod process;

families! {
    /// All figures of one server.
    pub struct Families {
    /// Requests that were answered.
    http_requests: Family<Requests, Counter> = "http_requests", Family::default();
    /// How long requests took until their answers began.
    http_request_duration: Family<Durations, Histogram, OfRequests> = "http_request_duration_seconds",
        Family::new_with_constructor(OfRequests);
    /// What was accepted or answered that is not as documented, where that is looked at.
    contract_violations: Family<Violations, Counter> = "contract_violations", Family::default();
    /// What was refused to clients: for want of a valid token, as too large, as too often, for too many connections
    /// of one address, because the store or a bound on streams did not allow it, or because of a bug.
    rejections: By<Counter> = "rejections", By::default();
    /// Connections that are open.
    connections: Gauge = "connections", Gauge::default();
    /// Connections that may be open at a time; more have to wait.
    most_connections: Gauge = "connections_max", Gauge::default();
    /// Writes of presence by what was said, and transitions that time brought.
    changes: By<Counter> = "changes", By::default();
    /// Clients that follow presence at present.
    watchers: By<Gauge> = "watchers", By::default();
    /// Users by the state that others see, as of the last count.
    users: By<Gauge> = "users", By::default();
    /// Live claims of devices by the state that they come to, as of the last count.
    claims: By<Gauge> = "claims", By::default();
    /// When the last count of users and claims ended, in seconds since the Unix epoch.
    counted: Measure = "counted_timestamp_seconds", Measure::default();
    /// Tokens that are known, valid or not.
    tokens: Gauge = "tokens", Gauge::default();
    /// Rooms.
    rooms: Gauge = "rooms", Gauge::default();
    /// Records of presence.
    records: Gauge = "records", Gauge::default();
    /// Whether all requests are taken: 1, or 0.
    ready: Gauge = "ready", Gauge::default();
    /// How long batches took to be on the disk.
    store_commit: Histogram = "store_commit_seconds", of_commits();
    /// Reads that were answered by what is known, since an engine that servers share did not answer.
    store_stale_reads: Counter = "store_stale_reads", Counter::default();
    /// Writes that fewer replicas than wanted confirmed in time.
    store_unconfirmed: Counter = "store_unconfirmed", Counter::default();
    /// Writes that wait for the disk.
    store_queue: Gauge = "store_queue", Gauge::default();
    /// How far watchers are behind what was written.
    watermark_lag: Measure = "watermark_lag_seconds", Measure::default();
    /// How late watchers learn what time brings: how long after it was due the last sweep ended.
    sweep_lag: Measure = "sweep_lag_seconds", Measure::default();
    /// Notifications to webhooks, each attempt by its outcome.
    deliveries: By<Counter> = "deliveries", By::default();
    /// How often the configuration was read again, by whether it could be used.
    reloads: By<Counter> = "reloads", By::default();
    /// The version, as a label.
    build: By<Gauge> = "build_info", By::default();
    }
}

/// What a store counts itself, as far as it does.
#[derive(Clone, Debug, Default)]
pub struct OfStore {
    /// How long batches took to be on the disk.
    pub commits: Option<Histogram>,
    /// Writes that fewer replicas confirmed than had to.
    pub unconfirmed: Option<Counter>,
    /// Reads that were answered by what was known.
    pub stale: Option<Counter>,
}

/// All figures of one server, and how they are written out.
pub struct Metrics {
    pub families: Families,
    process: Process,
    registry: Registry,
}

impl Metrics {
    /// Figures that begin at nothing, but for those that the store counts, and `changes`, those of the service;
    /// `started` is now, in microseconds.
    pub fn new(of_store: OfStore, changes: By<Counter>, started: u64) -> Self {
        let mut families = Families { changes, ..Families::new() };
        let OfStore { commits, unconfirmed, stale } = of_store;
        families.store_commit = commits.unwrap_or(families.store_commit);
        families.store_unconfirmed = unconfirmed.unwrap_or(families.store_unconfirmed);
        families.store_stale_reads = stale.unwrap_or(families.store_stale_reads);
        let mut registry = Registry::with_prefix("presenced");
        families.register_in(&mut registry);
        families.build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        families.begin_at_nothing();
        Self { families, process: Process::started_at(started), registry }
    }

    /// Counts something refused.
    pub fn reject(&self, reason: &'static str) {
        self.families.rejections.get_or_create(&[("reason", reason)]).inc();
    }

    /// Counts a connection until what is returned is dropped.
    pub fn connect(&self) -> Watching {
        self.families.connections.inc();
        Watching(self.families.connections.clone())
    }

    /// Counts a watcher until what is returned is dropped.
    pub fn watch(&self, channel: &'static str) -> Watching {
        let gauge = self.families.watchers.get_or_create_owned(&[("channel", channel)]);
        gauge.inc();
        Watching(gauge)
    }

    /// All figures as they were counted, as text.
    pub fn text(&self) -> String {
        self.process.look();
        let mut text = String::new();
        // A text has room for everything.
        let _written = encode_registry(&mut text, &self.registry)
            .and_then(|()| encode_registry(&mut text, &self.process.registry))
            .and_then(|()| encode_eof(&mut text));
        text
    }
}

impl Families {
    /// Shows at once what may come, so that a rate has somewhere to begin.
    fn begin_at_nothing(&self) {
        for reason in REASONS {
            drop(self.rejections.get_or_create(&[("reason", reason)]));
        }
        for channel in CHANNELS {
            drop(self.watchers.get_or_create(&[("channel", channel)]));
        }
        for outcome in ["delivered", "failed", "blacklisted"] {
            drop(self.deliveries.get_or_create(&[("outcome", outcome)]));
        }
        for result in ["done", "refused"] {
            drop(self.reloads.get_or_create(&[("result", result)]));
        }
    }
}

/// Why something is refused.
const REASONS: [&str; 6] = ["token", "size", "rate", "connections", "unavailable", "bug"];

/// How presence is followed.
const CHANNELS: [&str; 4] = ["sse", "sync", "websocket", "webhook"];

/// A watcher, or a connection, that is counted.
#[derive(Debug)]
pub struct Watching(Gauge);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The figures as all that counts has them.
pub type Shared = Arc<Metrics>;
