//! presenced's own API over real HTTP.

mod app_tokens;
mod changes;
mod demo;
mod directory;
mod export;
mod health;
mod heartbeats;
mod lists;
mod presence;
mod refusals;
mod refusing;
mod subscriptions;
