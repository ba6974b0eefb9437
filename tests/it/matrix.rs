//! The Matrix dialect over real HTTP.

mod account;
mod auth;
mod busy;
mod cors;
mod limits;
mod lists;
mod ruma;
mod semantics;
mod sync;
mod validation;
mod versions;
mod visibility;
