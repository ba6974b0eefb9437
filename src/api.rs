//! The dialects: each is one published HTTP contract over the core, in one file and one folder.
//!
//! To add one: write `api/<dialect>.rs` with a [`Dialect`] in it, and add it to [`ALL`].

pub mod matrix;
pub mod pnut;
pub mod presenced;
pub mod ringcentral;

pub(crate) mod body;
pub(crate) mod cors;
mod frame;
mod origin;
pub mod refusal;

pub(crate) use self::origin::origin;

use axum::{Router, response::Response};
use utoipa::openapi::OpenApi;

use crate::{
    app::App,
    config::{Config, DialectName},
    store::StoreError,
};

/// One published contract and the routes that keep it.
pub struct Dialect {
    /// The name in paths and commands: `/openapi/<name>.json`, `presenced openapi <name>`.
    pub name: &'static str,
    /// The name that people read.
    pub title: &'static str,
    /// What the operator has to name for the dialect to be served; none for what is always there.
    pub switch: Option<DialectName>,
    /// The document as it is checked in.
    pub document: fn() -> OpenApi,
    /// The document as a server with this configuration keeps it.
    pub served_document: fn(&Config) -> OpenApi,
    /// A comment at the top of the document's YAML form.
    pub notice: &'static str,
    /// The document without all that goes beyond the published contract it follows, if it follows one.
    pub contract: Option<fn() -> serde_json::Value>,
    /// What the paths of its operations begin with.
    pub prefixes: &'static [&'static str],
    /// The answer to all of them where the store cannot serve.
    pub unavailable: fn(StoreError) -> Response,
    /// All routes, mounted where they belong.
    pub router: fn(&App) -> Router,
}

/// Every dialect, in the order in which people are shown them.
pub static ALL: [&Dialect; 4] =
    [&matrix::DIALECT, &pnut::DIALECT, &ringcentral::DIALECT, &presenced::DIALECT];

impl Dialect {
    /// The dialect of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|dialect| dialect.name == name)
    }

    /// Whether a server with this configuration serves the dialect.
    pub fn is_served(&self, config: &Config) -> bool {
        self.switch.is_none_or(|switch| config.server.dialects.contains(&switch))
    }
}
