//! What push refuses, in the dialect's one form.
//! Source: the error tables of RingCentral's API reference, "Subscriptions".

use axum::http::StatusCode;

use crate::{
    api::{
        refusal::{Cause, Refused, refusals},
        ringcentral::error::{BadRequest, Forbidden, NotFound, RestRefusal, Unauthorized, Unavailable},
    },
    auth::AuthError,
    push::{AdditionError, NotThere, webhook::WebhookError},
};

refusals! {
    /// Why filters are not taken.
    pub(in crate::api::ringcentral) enum FilterError: RestRefusal {
        BadRequest,
        Forbidden,
    }
}

refusals! {
    /// Why a receiver is not taken.
    pub(in crate::api::ringcentral) enum ReceiverError: RestRefusal {
        BadRequest,
        Unavailable,
    }
}

/// How many filters a subscription has at most.
pub(in crate::api::ringcentral) const MOST_FILTERS: usize = 100;

/// How much of a filter is told in a refusal of it, in characters.
const NAMED: usize = 256;

impl RestRefusal {
    /// A filter that is the path of nothing.
    pub(in crate::api::ringcentral) fn bad_filter(filter: &str) -> BadRequest {
        let named: String = filter.chars().take(NAMED).collect();
        Self::new("SUB-508", format!("Event filters are not valid: [{named}]"))
    }

    pub(in crate::api::ringcentral) fn too_many_filters() -> BadRequest {
        let message = format!(
            "Parameter [eventFilters] value is invalid: there may be {MOST_FILTERS} filters, no more"
        );
        Refused(Self::invalid("eventFilters").0.in_words(message))
    }

    pub(in crate::api::ringcentral) fn only_reminders() -> BadRequest {
        let message = "Subscription containing only reminder filter is not allowed";
        Self::new("SUB-515", message)
    }

    pub(in crate::api::ringcentral) fn subscribe_hidden() -> Forbidden {
        Self::new("SUB-403", "The user does not allow others to see the presence")
    }

    pub(in crate::api::ringcentral) fn subscribe_other_account() -> Forbidden {
        let message = "Not allowed subscribe for events to extensions of other account";
        Self::new("SUB-406", message)
    }

    pub(in crate::api::ringcentral) fn subscribe_unknown_user() -> Forbidden {
        Self::new("SUB-408", "Not allowed subscribe for unknown user")
    }

    pub(in crate::api::ringcentral) fn subscribe_other_lines() -> Forbidden {
        let message = "Not allowed subscribe for presence of presence-lines of another extension";
        Self::new("SUB-531", message)
    }

    pub(in crate::api::ringcentral) fn too_many_subscriptions() -> Forbidden {
        Self::new("SUB-505", "Subscriptions limit exceeded")
    }

    pub(in crate::api::ringcentral) fn subscription_expired() -> NotFound {
        Self::new("SUB-507", "Subscription has expired")
    }

    pub(in crate::api::ringcentral) fn wrong_hook_status(status: StatusCode) -> BadRequest {
        let message =
            format!("WebHook responds with incorrect HTTP status. HTTP status is {}", status.as_u16());
        Self::new("SUB-522", message)
    }

    pub(in crate::api::ringcentral) fn wrong_hook_answer(why: &str) -> BadRequest {
        let message = format!("WebHook server response is invalid: {why}");
        Self::new("SUB-525", message)
    }

    /// The receiver of a new webhook cannot be used.
    pub(in crate::api::ringcentral) fn unusable_hook(error: &WebhookError) -> BadRequest {
        match error {
            WebhookError::NoAddress => Self::invalid("deliveryMode.address"),
            WebhookError::Certificate(_) => Self::new("SUB-524", format!("WebHook is not trusted: {error}")),
            WebhookError::AnswerTooLarge => Self::wrong_hook_answer("it is too large"),
            WebhookError::Refused
            | WebhookError::NoName
            | WebhookError::Insecure
            | WebhookError::Timeout(_)
            | WebhookError::Unreachable(_) => {
                Self::new("SUB-521", format!("WebHook is not reachable: {error}"))
            }
        }
    }

    /// The server is about to stop, and asks no receiver any more.
    pub(in crate::api::ringcentral) fn unasked_hook() -> Unavailable {
        Self::new("CMN-211", "the server is stopping")
    }
}

impl FilterError {
    /// What is said.
    pub(super) fn said(&self) -> &RestRefusal {
        match self {
            Self::BadRequest(Refused(said)) | Self::Forbidden(Refused(said)) => said,
        }
    }
}

impl<E: From<NotFound>> Cause<RestRefusal, E> for NotThere {
    fn refuse(self) -> E {
        match self {
            Self::Unknown => RestRefusal::not_found("subscriptionId").into(),
            Self::Expired => RestRefusal::subscription_expired().into(),
        }
    }
}

impl<E: From<Unauthorized> + From<Forbidden> + From<Unavailable>> Cause<RestRefusal, E> for AdditionError {
    fn refuse(self) -> E {
        match self {
            Self::TooMany => RestRefusal::too_many_subscriptions().into(),
            Self::LoggedOut => AuthError::Revoked.refuse(),
            Self::Store(error) => error.refuse(),
        }
    }
}
