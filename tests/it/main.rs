//! The integration tests. Folders mirror the API: `presence` the core, `matrix`, `pnut` and `native` the
//! dialects over real HTTP, `openapi` the documents, `cli` the command line. `support` starts servers and
//! checks every answer that a test sees against the documents.

mod attack;
mod cli;
mod client;
mod clients;
mod clock;
mod counts;
mod dialect;
mod directory;
mod faults;
mod fuzz;
mod jwt;
mod layout;
mod limit;
mod limits;
mod live;
mod matrix;
mod metrics;
mod native;
mod network;
mod nodes;
mod openapi;
mod pages;
mod pnut;
mod presence;
mod privacy;
mod readme;
mod ringcentral;
mod shutdown;
mod starting;
mod store;
mod storms;
mod stub;
mod support;
