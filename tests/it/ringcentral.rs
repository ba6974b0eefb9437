//! The RingCentral dialect over real HTTP.

mod filters;
mod presence;
mod socket;
mod subscriptions;
mod webhooks;
