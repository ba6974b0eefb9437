//! The form of a refusal on the wire.

use super::{Extra, RestRefusal};
use crate::api::ringcentral::types::{ErrorItem, ErrorResponse};

impl From<RestRefusal> for ErrorResponse {
    fn from(said: RestRefusal) -> Self {
        let RestRefusal { outer, inner, message, extra } = said;
        let message = message.into_owned();
        let (mut parameter_name, mut permission_name, mut accepted_values) = (None, None, None);
        match extra {
            Extra::None | Extra::RetryAfter(_) | Extra::Upgrade(_) => {}
            Extra::Parameter(name) => parameter_name = Some(name),
            Extra::Choice(name, values) => (parameter_name, accepted_values) = (Some(name), Some(values)),
            Extra::Permission(name) => permission_name = Some(name),
        }
        let item = ErrorItem {
            error_code: inner,
            message: message.clone(),
            parameter_name,
            permission_name,
            accepted_values,
        };
        Self {
            error_code: outer,
            message,
            errors: vec![item],
            parameter_name,
            permission_name,
            accepted_values,
        }
    }
}
