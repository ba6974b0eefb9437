//! The form of a refusal on the wire.

use std::borrow::Cow;

use super::{Extra, RestRefusal};
use crate::api::ringcentral::types::{ErrorItem, ErrorResponse};

type Name = Option<Cow<'static, str>>;

impl From<RestRefusal> for ErrorResponse {
    fn from(said: RestRefusal) -> Self {
        let RestRefusal { outer, inner, message, extra } = said;
        let message = message.into_owned();
        let (mut parameter_name, mut permission_name, mut accepted_values): (Name, Name, Option<Vec<_>>) =
            (None, None, None);
        match extra {
            Extra::None | Extra::RetryAfter(_) | Extra::Upgrade(_) => {}
            Extra::Parameter(name) => parameter_name = Some(name.into()),
            Extra::Choice(name, values) => {
                parameter_name = Some(name.into());
                accepted_values = Some(values.iter().map(|value| Cow::from(*value)).collect());
            }
            Extra::Permission(name) => permission_name = Some(name.into()),
        }
        let item = ErrorItem {
            error_code: inner.into(),
            message: message.clone(),
            parameter_name: parameter_name.clone(),
            permission_name: permission_name.clone(),
            accepted_values: accepted_values.clone(),
        };
        Self {
            error_code: outer.into(),
            message,
            errors: vec![item],
            parameter_name,
            permission_name,
            accepted_values,
        }
    }
}
