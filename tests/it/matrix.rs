//! The Matrix dialect over real HTTP.

mod account;
mod appservices;
mod auth;
mod busy;
mod complement;
mod cors;
mod devices;
mod endings;
mod filters;
mod keepers;
mod limits;
mod lists;
mod login;
mod logout;
mod profile;
mod ruma;
mod semantics;
mod synapse;
mod sync;
mod sytest;
mod validation;
mod versions;
mod visibility;
