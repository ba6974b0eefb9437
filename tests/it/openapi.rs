//! The documents: equal to the files that are checked in, faithful to the contract, and well made.

mod contract;
mod documents;
mod lint;
mod schemas;
mod served;
mod states;
mod unreadable;
