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

/// The example of a backend of one's own, served.
pub(crate) async fn own_backend() -> impl std::ops::Deref<Target = crate::support::Site> {
    keepers::Keeper::own_backend().await
}
