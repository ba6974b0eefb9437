//! What strangers do who wish the server ill, and what it keeps.

mod files;
mod heads;
mod silence;
