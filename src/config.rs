//! The configuration: typed, documented, and checked. `config/default.toml` is compiled in and is both
//! the defaults and their documentation; file, environment and command line override it in this order.
//! Each section has its file in `config/`.

mod auth;
mod bounds;
mod invalid;
mod key;
mod limits;
mod listen;
mod live;
mod load;
mod log;
mod matrix;
mod metrics;
mod place;
mod pnut;
mod presence;
mod registration;
mod reload;
mod ringcentral;
mod secret;
mod server;
mod store;
mod tls;
mod webhooks;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::{auth::SUBJECT, key::Key};
pub use self::{
    auth::{Auth, JwtIssuer, SigningKey},
    limits::Limits,
    listen::{Listen, Network, NoListen, NoNetwork},
    live::Live,
    load::{ConfigError, Overrides},
    log::{Log, LogFormat},
    matrix::Matrix,
    metrics::Metrics,
    pnut::Pnut,
    presence::Presence,
    registration::{Namespace, Registration},
    reload::Reloaded,
    ringcentral::{JwtKey, OAuthApp, RingCentral},
    server::{DialectName, ForwardedHeaders, Server},
    store::{Confirm, Store, StoreKind},
    tls::Tls,
    webhooks::Webhooks,
};
use crate::presence::Rules;

/// The documented defaults, as `presenced config default` prints them.
pub const DEFAULTS: &str = include_str!("config/default.toml");

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub tls: Tls,
    pub auth: Auth,
    pub presence: Presence,
    pub store: Store,
    pub matrix: Matrix,
    pub pnut: Pnut,
    pub ringcentral: RingCentral,
    pub webhooks: Webhooks,
    pub limits: Limits,
    pub log: Log,
    pub metrics: Metrics,
    /// Whether this is the demo, with its fixtures and answers on demand. Only the command line says so.
    #[serde(skip)]
    pub demo: bool,
    /// Whether what is sent and accepted is held against the documents. Only the command line says so.
    #[serde(skip)]
    pub check_contract: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self::load(None, &Overrides::default()).expect("the compiled-in defaults are valid")
    }
}

/// The JSON Schema of a configuration file: editors check it while it is written. No key is required,
/// since each has a default.
pub fn schema() -> schemars::Schema {
    let mut schema = schemars::schema_for!(Config);
    schema.remove("required");
    if let Some(sections) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        for section in sections.values_mut().filter_map(Value::as_object_mut) {
            section.remove("required");
        }
    }
    schema
}

impl Config {
    fn check(&self) -> invalid::Check {
        self.limits.check()?;
        bounds::check(self)?;
        self.server.check()?;
        self.tls.check()?;
        self.auth.check(&self.server.name)?;
        self.presence.check()?;
        self.store.check()?;
        self.ringcentral.check()?;
        self.log.check()?;
        self.metrics.check()
    }

    /// The core's rules.
    pub fn rules(&self) -> Rules {
        let presence = &self.presence;
        Rules {
            active_window: Duration::from_secs(presence.active_window_seconds),
            idle_after: Duration::from_secs(presence.idle_after_seconds),
            connection_grace: Duration::from_secs(presence.connection_grace_seconds),
            lease: Duration::from_secs(presence.lease_seconds),
            busy_lease: Duration::from_secs(presence.busy_lease_seconds),
            devices_per_user: presence.devices_per_user,
            call_lease: Duration::from_secs(presence.call_lease_seconds),
            ended_call: Duration::from_secs(presence.ended_call_seconds),
            calls_per_user: presence.calls_per_user,
        }
    }
}
