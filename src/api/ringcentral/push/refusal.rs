//! What push refuses, in the dialect's one form.
//! Source: the error tables of RingCentral's API reference, "Subscriptions".

use axum::http::StatusCode;

use crate::{api::ringcentral::error::RestFailure, webhook::WebhookError};

/// How much of a filter is told in a refusal of it, in characters.
const NAMED: usize = 256;

impl RestFailure {
    /// A filter that is the path of nothing.
    pub(in crate::api::ringcentral) fn bad_filter(filter: &str) -> Self {
        let named: String = filter.chars().take(NAMED).collect();
        Self::new(StatusCode::BAD_REQUEST, "SUB-508", format!("Event filters are not valid: [{named}]"))
    }

    pub(in crate::api::ringcentral) fn only_reminders() -> Self {
        let message = "Subscription containing only reminder filter is not allowed";
        Self::new(StatusCode::BAD_REQUEST, "SUB-515", message)
    }

    pub(in crate::api::ringcentral) fn subscribe_hidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "SUB-403", "The user does not allow others to see the presence")
    }

    pub(in crate::api::ringcentral) fn subscribe_other_account() -> Self {
        let message = "Not allowed subscribe for events to extensions of other account";
        Self::new(StatusCode::FORBIDDEN, "SUB-406", message)
    }

    pub(in crate::api::ringcentral) fn subscribe_unknown_user() -> Self {
        Self::new(StatusCode::FORBIDDEN, "SUB-408", "Not allowed subscribe for unknown user")
    }

    pub(in crate::api::ringcentral) fn subscribe_other_lines() -> Self {
        let message = "Not allowed subscribe for presence of presence-lines of another extension";
        Self::new(StatusCode::FORBIDDEN, "SUB-531", message)
    }

    pub(in crate::api::ringcentral) fn too_many_subscriptions() -> Self {
        Self::new(StatusCode::FORBIDDEN, "SUB-505", "Subscriptions limit exceeded")
    }

    pub(in crate::api::ringcentral) fn subscription_expired() -> Self {
        Self::new(StatusCode::NOT_FOUND, "SUB-507", "Subscription has expired")
    }

    pub(in crate::api::ringcentral) fn wrong_hook_status(status: StatusCode) -> Self {
        let message =
            format!("WebHook responds with incorrect HTTP status. HTTP status is {}", status.as_u16());
        Self::new(StatusCode::BAD_REQUEST, "SUB-522", message)
    }

    pub(in crate::api::ringcentral) fn wrong_hook_answer(why: &str) -> Self {
        let message = format!("WebHook server response is invalid: {why}");
        Self::new(StatusCode::BAD_REQUEST, "SUB-525", message)
    }

    /// The receiver of a new webhook cannot be used.
    pub(in crate::api::ringcentral) fn unusable_hook(error: &WebhookError) -> Self {
        match error {
            WebhookError::NoAddress => Self::invalid("deliveryMode.address"),
            WebhookError::Certificate(_) => {
                Self::new(StatusCode::BAD_REQUEST, "SUB-524", format!("WebHook is not trusted: {error}"))
            }
            WebhookError::AnswerTooLarge => Self::wrong_hook_answer("it is too large"),
            WebhookError::Refused
            | WebhookError::Insecure
            | WebhookError::Timeout(_)
            | WebhookError::Unreachable(_) => {
                Self::new(StatusCode::BAD_REQUEST, "SUB-521", format!("WebHook is not reachable: {error}"))
            }
        }
    }
}
