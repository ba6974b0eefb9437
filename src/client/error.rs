//! Why a call gave no answer to use.

use std::{fmt, time::Duration};

use reqwest::{Response, StatusCode, header::RETRY_AFTER};

use super::dialect::{Dialect, Told};
use crate::api::presenced::types::Problem;

/// Why a call gave no answer to use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused, and did nothing of what it was asked.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// There was no answer in time. What was asked for may have been done.
    #[error("no answer from {server} in time")]
    TimedOut {
        /// The server's address.
        server: String,
    },
    /// There was no answer. What was asked for may have been done, if the connection broke.
    #[error("no answer from {server}: {}", root(.source))]
    Unanswered {
        /// The server's address.
        server: String,
        source: reqwest::Error,
    },
    /// The connection of a socket ended before the server had said that it is ready.
    #[error("{server} ends the socket before it is ready")]
    Broken {
        /// The server's address.
        server: String,
    },
    /// The answer is none that this client understands.
    #[error("{server} answers not as presenced does: {source}")]
    Unreadable {
        /// The server's address.
        server: String,
        source: serde_json::Error,
    },
}

/// What a server refused with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    pub status: StatusCode,
    /// How long to wait before the same is asked again, if the server says so.
    pub retry_after: Option<Duration>,
    /// What it said.
    pub told: Told,
    /// The server's address.
    pub server: String,
}

impl Error {
    /// What the server refused with, if it did.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The status of a refusal.
    pub fn status(&self) -> Option<StatusCode> {
        self.refusal().map(|refusal| refusal.status)
    }

    /// How long a refusal asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal().and_then(|refusal| refusal.retry_after)
    }

    /// Whether the same may be answered later: there was no answer, there were too many calls, or the server could not.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Refused(refusal) => {
                refusal.status.is_server_error()
                    || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&refusal.status)
            }
            Self::TimedOut { .. } | Self::Unanswered { .. } | Self::Broken { .. } => true,
            Self::Unreadable { .. } => false,
        }
    }

    pub(super) fn unanswered(server: &str, error: reqwest::Error) -> Self {
        let server = server.to_owned();
        match error.is_timeout() {
            true => Self::TimedOut { server },
            false => Self::Unanswered { server, source: error.without_url() },
        }
    }

    pub(super) fn unreadable(server: &str, source: serde_json::Error) -> Self {
        Self::Unreadable { server: server.to_owned(), source }
    }

    /// What a socket says instead of being ready.
    pub(super) fn not_ready(server: &str, status: StatusCode, problem: Problem) -> Self {
        let (told, server) = (Told::Presenced(problem), server.to_owned());
        Self::Refused(Box::new(Refusal { status, retry_after: None, told, server }))
    }

    /// What a response that is no success says.
    pub(super) async fn refused(server: &str, dialect: &Dialect, response: Response) -> Self {
        let status = response.status();
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => return Self::unanswered(server, error),
        };
        let other = || (Told::Other(String::from_utf8_lossy(&body).into_owned()), None);
        let (told, wait) = (dialect.told)(&body).unwrap_or_else(other);
        let retry_after = wait.or(after.map(Duration::from_secs));
        Self::Refused(Box::new(Refusal { status, retry_after, told, server: server.to_owned() }))
    }
}

impl std::error::Error for Refusal {}

/// What it says to people.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.told {
            Told::Presenced(problem) => f.write_str(&problem.detail),
            Told::Matrix(told) => f.write_str(told.error.as_deref().unwrap_or(&told.errcode)),
            Told::Pnut(told) => f.write_str(&told.error_message),
            Told::RingCentral(told) => f.write_str(&told.message),
            Told::Other(_) => write!(f, "{} answers {}, not as presenced does", self.server, self.status),
        }
    }
}

/// What it came from.
fn root(error: &reqwest::Error) -> &dyn std::error::Error {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}
