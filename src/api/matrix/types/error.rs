//! Wire types: refusals.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A Matrix-level Error
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(title = "Error")]
pub struct MatrixError {
    /// An error code.
    #[schema(example = "M_UNKNOWN")]
    pub errcode: String,
    /// A human-readable error message.
    #[schema(example = "An unknown error occurred", nullable = false)]
    pub error: Option<String>,
    /// Whether the client may log in again and go on, after a 401.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    pub soft_logout: Option<bool>,
}

/// The rate limit was reached for this request
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(title = "RateLimitError")]
pub struct RateLimitError {
    /// The M_LIMIT_EXCEEDED error code
    #[schema(example = "M_LIMIT_EXCEEDED")]
    pub errcode: String,
    /// A human-readable error message.
    #[schema(example = "Too many requests", nullable = false)]
    pub error: Option<String>,
    /// The amount of time in milliseconds the client should wait
    /// before trying the request again.
    #[schema(value_type = Option<i64>, example = 2000, nullable = false)]
    pub retry_after_ms: u64,
}

// The contract composes its 429 from both schemas. The document does too; the fields are sent once.
#[derive(ToSchema)]
pub struct LimitExceeded {
    #[schema(inline = false)]
    #[serde(flatten)]
    pub error: MatrixError,
    #[serde(flatten)]
    pub limit: RateLimitError,
}
