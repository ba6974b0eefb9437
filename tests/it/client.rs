//! The Rust client against servers: real ones, those that answer what was never heard of, and none.

mod calls;
mod events;
mod failures;
mod following;
mod news;
mod operations;
mod socket;

use presenced::client::Client;

use crate::support::TestServer;

/// A client with that token.
fn client(server: &TestServer, token: &str) -> Client {
    Client::new(&server.url).token(token)
}
