//! Backends of others behind the stubs: what the stub does of itself, whatever is behind it. How a whole contract is kept so
//! is asked with our own server's tests (`matrix/validation.rs`).

mod directory;
mod documents;
mod matrix;
mod native;
mod pnut;
mod ringcentral;
