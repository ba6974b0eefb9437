//! The Matrix dialect over real HTTP.

mod auth;
mod busy;
mod cors;
mod limits;
mod ruma;
mod semantics;
mod validation;
mod versions;
mod visibility;
