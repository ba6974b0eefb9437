//! presenced's own API over real HTTP.

mod directory;
mod health;
mod presence;
mod refusals;
