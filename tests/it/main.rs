//! The integration tests. Folders mirror the API: `presence` the core, `matrix` and `native` the
//! dialects over real HTTP, `openapi` the documents, `cli` the command line. `support` starts servers
//! and checks every answer that a test sees against the documents.

mod cli;
mod clients;
mod faults;
mod fuzz;
mod limit;
mod live;
mod matrix;
mod native;
mod openapi;
mod presence;
mod readme;
mod ringcentral;
mod shutdown;
mod store;
mod support;
