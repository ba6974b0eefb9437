//! The configuration: typed, documented, and checked. `config/default.toml` is compiled in and is both
//! the defaults and their documentation, as is each dialect's `config.toml`; file, environment and command
//! line override them in this order.
//! Each section of the server's own has its file in `config/`, and each dialect brings its own [`Section`].

mod auth;
mod bounds;
mod invalid;
mod key;
mod limits;
mod listen;
mod live;
mod load;
mod log;
mod metrics;
mod near_miss;
mod place;
mod presence;
mod reader;
mod registration;
mod reload;
mod secret;
mod section;
mod server;
mod store;
mod tls;
mod webhooks;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::section::Sections;
pub(crate) use self::{auth::SUBJECT, key::Key, secret::read as read_secret};
pub use self::{
    auth::{Auth, JwtIssuer, SigningKey},
    invalid::{Check, Invalid, LONGEST_SECONDS, require},
    key::JwtKey,
    limits::Limits,
    listen::{Listen, Network, NoListen, NoNetwork},
    live::Live,
    load::{ConfigError, Overrides},
    log::{Log, LogFormat},
    metrics::Metrics,
    presence::Presence,
    reader::Reader,
    registration::{Namespace, Registration, read as read_registrations},
    reload::Reloaded,
    section::{Section, SectionKind, parsed},
    server::{ForwardedHeaders, Server},
    store::{Confirm, Store, StoreKind},
    tls::Tls,
    webhooks::Webhooks,
};
use crate::presence::Rules;

/// The documented defaults of the server's own sections.
const OWN_DEFAULTS: &str = include_str!("config/default.toml");

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub tls: Tls,
    pub auth: Auth,
    pub presence: Presence,
    pub store: Store,
    pub webhooks: Webhooks,
    pub limits: Limits,
    pub log: Log,
    pub metrics: Metrics,
    /// The dialects' own.
    #[serde(flatten, skip_deserializing)]
    #[schemars(skip)]
    sections: Sections,
    /// Whether this is the demo, with its fixtures and answers on demand. Only the command line says so.
    #[serde(skip)]
    pub demo: bool,
    /// Whether what is sent and accepted is held against the documents. Only the command line says so.
    #[serde(skip)]
    pub check_contract: bool,
}

impl Default for Config {
    /// The defaults of every section, those of the dialects among them.
    fn default() -> Self {
        toml::from_str(OWN_DEFAULTS).expect("the compiled-in defaults are a configuration")
    }
}

impl Config {
    fn check(&self) -> Check {
        self.limits.check()?;
        self.server.check()?;
        self.tls.check()?;
        self.auth.check(&self.server.name)?;
        self.presence.check()?;
        self.store.check()?;
        self.log.check()?;
        self.metrics.check()?;
        self.sections.each().try_for_each(|(_, section)| section.check())
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
