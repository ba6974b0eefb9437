//! presenced: a presence server. Who is online, since when, with what status, pushed to whoever may
//! know.
//!
//! # Layout
//!
//! From the bottom up: no module imports one that is listed after it.
//!
//! What everything is built on:
//!
//! - [`id`]: the names of users, devices, rooms and nodes.
//! - [`presence`]: the core. Claims of devices, records, and the pure function from a record and a
//!   moment to a user's presence. No HTTP, no clock, no I/O.
//! - [`clock`]: the one source of time.
//! - [`alarms`]: moments by it that a task waits for.
//! - `places`: how many may do something at a time.
//! - [`task`]: work that outlives its caller.
//! - `table`: users with some bytes each, packed closely, for the store and the directory.
//! - [`request`]: who sent a request, what it is called, and which trace it is part of.
//! - [`limit`]: how often a caller may do something.
//! - [`metrics`]: figures for operators.
//!
//! What the server knows:
//!
//! - [`store`]: the contract that every store keeps: records, which it numbers, and documents, which are one
//!   log; what it tells its node; and `store/` with the stores: that of a server that stands alone, and that which
//!   several share.
//! - [`directory`]: users, rooms, presence lists, tokens and passes: who is who and who may see whom. It follows the
//!   store's documents, and plans its changes on what it knows.
//! - [`changes`]: the feed of what the store tells, on its way to watchers.
//! - [`service`]: the one door to the core for all dialects: what is said of users, what is seen of them, rooms with
//!   counts of their members, and watching.
//!
//! What it is while it runs:
//!
//! - [`config`]: the configuration, with a file for each section of the server's own, whose defaults
//!   `config/default.toml` holds and documents; and what a dialect's section is.
//! - [`auth`]: whose token a request carries, the one way in for all dialects, the application services
//!   and the JSON Web Tokens of trusted issuers among them.
//! - `audit`: lines for those who find out later who did what.
//! - [`app`]: what every handler is given.
//! - [`push`]: subscriptions of all dialects: what they have to be told, deliveries, webhooks and where those may go.
//! - [`demo`]: the configuration and the fixtures of `serve --demo`.
//!
//! What it speaks:
//!
//! - [`openapi`]: what all documents share, their twins in OpenAPI 3.0, and what breaks users of an older one.
//! - [`api`]: the list of dialects. `api/<dialect>.rs` puts one together: its routes and its document.
//!   `api/<dialect>/` has a file for each resource, with documentation, refusals and handlers of its operations;
//!   `types.rs` with what goes over the wire, which clients share; `error.rs` with the dialect's form of every
//!   refusal; and `config.rs` with its section of the configuration. `api/words.rs` and `api/telephony.rs`: the wire's words for closed sets of the core; `api/open.rs`: words of
//!   lists that may grow. `api/sockets.rs`: what the WebSockets of all dialects share.
//!   `api/refusal.rs`: refusals with their status in their type, of which documents are made, so that
//!   nothing undocumented can be answered. `api/frame.rs`: what every exchange of every dialect has.
//!   `api/documents.rs` and `api/faults.rs`: the routes that serve the documents, Swagger UI, and the demo's answers
//!   on demand. `api/pages.rs`: the start page, the board, and the client for web pages.
//! - [`stub`]: server stubs, which are the dialects' contracts over the backends of others. `api/stub.rs` has what they
//!   share; `api/<dialect>/stub.rs` and `stub/` the traits, one for each tag, and `api/<dialect>/backend.rs` and `backend/`
//!   what a server of ours does.
//! - [`client`]: a typed client of presenced's own API, its stream and socket among it, and of what the other dialects have
//!   about presence, with a file for each subject in `client/`.
//!
//! What runs it:
//!
//! - [`server`]: assembly, and the loop over connections; `server/` has what a connection goes through, proxies and
//!   TLS among it, the threads that serve connections, and `/metrics`.
//! - [`cli`]: the command line, with one file for each command in `cli/`.
//!
//! With the feature `client` and without `server`, which is on by default, there is [`client`] alone, with what it shares:
//! [`id`], and the wire types of [`api`].
//!
//! Beside the source: `openapi/` has the documents as checked in, and the contract that the Matrix one
//! follows; `tests/it/` the tests, in files that mirror the API; `tests/run` is the test command, and `tests/nightly`
//! what takes longer; `sdk/` the client for web pages and the server's own pages; `snapshots/` what the tests compare
//! answers and command output with; `benches/` the measurements; `examples/` other backends behind a published contract;
//! `stubs/` what generates stubs in each language, and tries them; `deploy/` an image, recipes for proxies, a dashboard and
//! alerts; `docs/` what else operators and client teams need to know.

#[cfg(feature = "server")]
pub mod alarms;
#[cfg(feature = "server")]
pub mod api;
#[cfg(feature = "server")]
pub mod app;
#[cfg(feature = "server")]
mod audit;
#[cfg(feature = "server")]
pub mod auth;
#[cfg(feature = "server")]
pub mod changes;
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
pub mod clock;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod demo;
#[cfg(feature = "server")]
pub mod directory;
pub mod id;
#[cfg(feature = "server")]
pub mod limit;
#[cfg(feature = "server")]
pub mod metrics;
#[cfg(feature = "server")]
pub mod openapi;
#[cfg(feature = "server")]
mod places;
#[cfg(feature = "server")]
pub mod presence;
#[cfg(feature = "server")]
pub mod push;
#[cfg(feature = "server")]
pub mod request;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod service;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod stub;
#[cfg(feature = "server")]
mod table;
#[cfg(feature = "server")]
pub mod task;

// What clients share of a module that is the server's otherwise.
#[cfg(not(feature = "server"))]
pub mod api {
    //! What goes over the wire.

    mod open;
    pub mod telephony;
    mod words;

    pub mod matrix {
        pub mod types;
    }
    pub mod pnut {
        pub mod types;
    }
    pub mod presenced {
        pub mod types;
    }
    pub mod ringcentral {
        pub mod types;
    }

    pub use self::open::Open;
}
