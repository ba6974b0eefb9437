//! What calls need to know of a dialect.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::api::{
    matrix::types::{MatrixError, RateLimitError},
    pnut::types::{ErrorAnswer, ErrorMeta},
    presenced::types::Problem,
    ringcentral::types::ErrorResponse,
};

/// What a refusal says, in the form of its dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Told {
    /// presenced's own API.
    Presenced(Problem),
    Matrix(MatrixError),
    Pnut(ErrorMeta),
    RingCentral(ErrorResponse),
    /// Something that no dialect says: the word of a proxy, perhaps.
    Other(String),
}

/// What the body of a refusal says, and what it says of waiting.
type Read = Option<(Told, Option<Duration>)>;

/// Where a dialect's paths begin, and how it refuses.
pub(super) struct Dialect {
    pub(super) base: &'static str,
    pub(super) told: fn(&[u8]) -> Read,
}

/// presenced's own API.
pub(super) static NATIVE: Dialect = Dialect { base: "/presenced/v1/", told: problem };

/// What is of the server and of no dialect; it refuses as presenced's own API does.
pub(super) static ROOT: Dialect = Dialect { base: "/", told: problem };

pub(super) static MATRIX: Dialect = Dialect {
    base: "/_matrix/client/v3/",
    told: |body| {
        let limit: Option<RateLimitError> = read(body);
        Some((Told::Matrix(read(body)?), limit.map(|limit| Duration::from_millis(limit.retry_after_ms))))
    },
};

pub(super) static PNUT: Dialect = Dialect {
    base: "/v1/",
    told: |body| {
        let ErrorAnswer { meta } = read(body)?;
        let wait = meta.retry_in.map(Duration::from_secs);
        Some((Told::Pnut(meta), wait))
    },
};

pub(super) static RINGCENTRAL: Dialect =
    Dialect { base: "/restapi/v1.0/account/", told: |body| Some((Told::RingCentral(read(body)?), None)) };

fn problem(body: &[u8]) -> Read {
    Some((Told::Presenced(read(body)?), None))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}
