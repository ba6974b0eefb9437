//! The documents: equal to the files that are checked in, faithful to the contract, and well made.

mod bodies;
mod breakage;
mod conformance;
mod contract;
mod coverage;
mod documents;
mod faults;
pub(crate) mod lint;
mod released;
mod schemas;
mod served;
mod states;
mod twin;
mod unreadable;
