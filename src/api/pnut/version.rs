use axum::http::{HeaderValue, Uri};

/// The versions of pnut's API that this dialect speaks, each under its own prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// 0.9.6, under `/v0`.
    V0,
    /// 1.3.0, under `/v1`.
    V1,
}

impl Version {
    pub(super) fn of(uri: &Uri) -> Self {
        if uri.path().starts_with("/v1") { Self::V1 } else { Self::V0 }
    }

    pub(super) fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::V0 => "0.9.6",
            Self::V1 => "1.3.0",
        })
    }

    /// Whether a user's id of the wrong kind is a bad request, not that of an unknown user.
    pub(super) fn refuses_ids(self) -> bool {
        self == Self::V1
    }

    /// Whether a presence may be given an end of its own.
    pub(super) fn has_expiration(self) -> bool {
        self == Self::V1
    }
}
