//! The dialects: each is one published HTTP contract over the core, in one file and one folder.
//!
//! To add one: write `api/<dialect>.rs` with a [`Dialect`] in it, and add it to [`ALL`]. One from outside of this
//! crate is given to [`Server::builder`](crate::server::Server::builder), and by [`Dialect::add_to`] to what reads the
//! configuration.

pub mod matrix;
pub mod pnut;
pub mod presenced;
pub mod ringcentral;

pub(crate) mod body;
#[cfg(feature = "contract-check")]
pub mod contract;
mod cors;
pub(crate) mod documents;
mod faults;
mod frame;
mod open;
mod operations;
mod origin;
pub(crate) mod pages;
pub mod refusal;
pub(crate) mod sockets;
pub(crate) mod stub;
pub mod telephony;
mod words;

use std::pin::Pin;

use axum::{Router, response::Response, routing};
use utoipa::openapi::OpenApi;

pub(crate) use self::origin::origin;
pub use self::{cors::Cors, open::Open, refusal::Refusals};
use crate::{
    app::App,
    config::{Config, Reader, SectionKind},
    push::Voice,
};

/// One published contract and the routes that keep it.
pub struct Dialect {
    /// The name in paths and commands: `/openapi/<name>.json`, `presenced openapi <name>`.
    pub name: &'static str,
    /// The name that people read.
    pub title: &'static str,
    /// What it is for, in a sentence of the start page.
    pub about: &'static str,
    /// Whether the operator has to name it for it to be served.
    pub is_optional: bool,
    /// Its section of the configuration, if it has one.
    pub section: Option<SectionKind>,
    /// The document as it is checked in.
    pub document: fn() -> OpenApi,
    /// The document as a server with this configuration keeps it, if that depends on it.
    pub document_under: Option<fn(&Config) -> OpenApi>,
    /// Documents beside it.
    pub companions: &'static [Companion],
    /// A comment at the top of the document's YAML form.
    pub notice: &'static str,
    /// The document without all that goes beyond the published contract it follows, if it follows one.
    pub contract: Option<fn() -> serde_json::Value>,
    /// What the paths of its operations begin with, from a slash to a slash; a word follows, not a parameter.
    pub prefixes: &'static [&'static str],
    /// Below which paths the document's paths are served.
    pub bases: &'static [&'static str],
    /// How it refuses what is no operation.
    pub refusals: Refusals,
    /// The largest request body, in bytes.
    pub body_bytes: fn(&Config) -> usize,
    /// What pages of other origins may do.
    pub cors: Cors,
    /// How it tells subscribers of changes, if it has subscriptions.
    pub voice: Option<&'static dyn Voice>,
    /// Puts the dialect into a server.
    pub mount: fn(&App) -> Mounted,
}

/// A document beside that of a dialect, of what its clients do besides calling. There is no other version of it.
pub struct Companion {
    /// The name in paths and commands, as a dialect's.
    pub name: &'static str,
    /// The name that people read.
    pub title: &'static str,
    /// The document.
    pub document: fn() -> serde_json::Value,
}

/// Work that a dialect does by itself.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A dialect in a server.
pub struct Mounted {
    /// All routes, where they belong.
    pub routes: Router,
    /// What is to be done before the first request is taken.
    pub start: Option<Work>,
    /// Completes when nothing of the dialect is under way any more, after the server was told to stop.
    pub ended: Option<Work>,
}

impl From<Router> for Mounted {
    fn from(routes: Router) -> Self {
        Self { routes, start: None, ended: None }
    }
}

/// Reads configurations of a server with these dialects.
pub fn config_reader() -> Reader {
    ALL.into_iter().fold(Reader::default(), |reader, dialect| dialect.add_to(reader))
}

/// Every dialect, in the order in which people are shown them.
pub static ALL: [&Dialect; 4] =
    [&matrix::DIALECT, &pnut::DIALECT, &ringcentral::DIALECT, &presenced::DIALECT];

impl Dialect {
    /// A dialect that is always served, under its name, with refusals of this form and nothing particular to it.
    pub const fn new(
        name: &'static str,
        title: &'static str,
        document: fn() -> OpenApi,
        refusals: Refusals,
        mount: fn(&App) -> Mounted,
    ) -> Self {
        Self {
            name,
            title,
            about: "",
            is_optional: false,
            section: None,
            document,
            document_under: None,
            companions: &[],
            notice: "",
            contract: None,
            prefixes: &[],
            bases: &[""],
            refusals,
            body_bytes: |config| config.limits.body_bytes,
            cors: Cors::USUAL,
            voice: None,
            mount,
        }
    }

    /// Lets a configuration name the dialect, and say what its section is for.
    pub fn add_to(&self, reader: Reader) -> Reader {
        let reader = if self.is_optional { reader.with_dialect(self.name) } else { reader };
        self.section.into_iter().fold(reader, Reader::with_section)
    }

    /// The dialect of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|dialect| dialect.name == name)
    }

    /// The companion of that name, and whose it is.
    pub fn companion_named(name: &str) -> Option<(&'static Self, &'static Companion)> {
        let companions = |dialect: &'static Self| dialect.companions.iter().map(move |one| (dialect, one));
        ALL.into_iter().flat_map(companions).find(|(_, companion)| companion.name == name)
    }

    /// Whether a server with this configuration serves the dialect.
    pub fn is_served(&self, config: &Config) -> bool {
        !self.is_optional || config.server.dialects.iter().any(|name| name == self.name)
    }

    /// The document as a server with this configuration keeps it.
    pub fn served_document(&self, config: &Config) -> OpenApi {
        self.document_under.map_or_else(self.document, |document| document(config))
    }

    /// Whether a path is one of the dialect's.
    pub fn has(&self, path: &str) -> bool {
        self.prefixes.iter().any(|prefix| path.starts_with(prefix))
    }

    /// The routes of what begins as the dialect's paths do and is none of them.
    pub fn other_paths(&self) -> impl Iterator<Item = String> {
        let begun = |prefix: &&str| {
            let prefix = prefix.trim_end_matches('/').to_owned();
            ["", "/", "/{*rest}"].map(|rest| format!("{prefix}{rest}"))
        };
        self.prefixes.iter().flat_map(begun)
    }

    /// Routes, and refusals of every other path and method.
    pub fn closed<S: Clone + Send + Sync + 'static>(&self, routes: Router<S>) -> Router<S> {
        let Refusals { no_path, no_method, .. } = self.refusals;
        let refuse = |refusal: fn() -> Response| async move || refusal();
        let routes = self
            .other_paths()
            .fold(routes, |routes, path| routes.route(&path, routing::any(refuse(no_path))));
        routes.method_not_allowed_fallback(refuse(no_method))
    }

    /// Routes with all that every exchange has.
    pub fn framed(&'static self, app: &App, routes: Router<App>) -> Router {
        self.framed_within(app, routes, |framed| framed)
    }

    /// The same, with a layer of the dialect's own around it.
    pub fn framed_within(
        &'static self,
        app: &App,
        routes: Router<App>,
        layer: impl FnOnce(Router) -> Router,
    ) -> Router {
        let routes = faults::on_demand(app, self, routes.with_state(app.clone()));
        let routes = layer(frame::around(self, app, routes));
        #[cfg(feature = "contract-check")]
        let routes = contract::checked(app, self, routes);
        routes
    }
}
