//! What refusals say, each with its status.

use std::{borrow::Cow, time::Duration};

use axum::http::HeaderValue;

use super::{
    BadRequest, Extra, Forbidden, NotFound, RestRefusal, TooManyRequests, Unauthorized, UnsupportedMediaType,
    UpgradeRequired,
};
use crate::{
    api::{refusal::Refused, ringcentral::permission::Permission},
    directory::{ExtensionStatus, ExtensionType},
};

impl RestRefusal {
    /// A refusal whose outer code is that of its one error.
    pub fn new<const STATUS: u16>(
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Refused<Self, STATUS> {
        Refused(Self::saying(code, message))
    }

    pub(super) fn saying(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { outer: code, inner: code, message: message.into(), extra: Extra::None }
    }

    fn within(self, outer: &'static str) -> Self {
        Self { outer, ..self }
    }

    fn with(self, extra: Extra) -> Self {
        Self { extra, ..self }
    }

    pub(super) fn missing_authorization() -> Unauthorized {
        Self::new("AGW-401", "Authorization header is not specified")
    }

    pub(super) fn malformed_authorization() -> Unauthorized {
        Self::new("AGW-402", "Invalid Authorization header")
    }

    /// The token is none of anybody here.
    pub fn unknown_token() -> Unauthorized {
        Self::invalid_token("TokenInvalid", "OAU-149", "OAuth token is invalid")
    }

    pub(super) fn revoked_token() -> Unauthorized {
        Self::invalid_token("TokenInvalid", "OAU-129", "Access token corrupted")
    }

    pub(super) fn expired_token() -> Unauthorized {
        Self::invalid_token("TokenExpired", "OAU-128", "Access token expired.")
    }

    fn invalid_token(outer: &'static str, code: &'static str, message: &'static str) -> Unauthorized {
        Refused(Self::new::<401>(code, message).0.within(outer))
    }

    pub(in crate::api::ringcentral) fn no_extension() -> Unauthorized {
        Self::new("CMN-405", "Login to extension required")
    }

    /// The token is good for all but this dialect.
    pub(in crate::api::ringcentral) fn extension_lacks() -> Forbidden {
        Self::new("CMN-405", "The user has no extension; an admin can give one")
    }

    /// The application's token lacks the scope.
    pub(in crate::api::ringcentral) fn app_lacks(permission: Permission) -> Forbidden {
        let name = permission.of_app();
        let message =
            format!("In order to call this API endpoint, application needs to have [{name}] permission");
        Self::lacking("CMN-401", message, name)
    }

    /// The user may not do this, whatever the application may.
    pub(in crate::api::ringcentral) fn user_lacks(permission: Permission) -> Forbidden {
        let name = permission.of_user();
        let message = format!(
            "In order to call this API endpoint, user needs to have [{name}] permission for requested resource."
        );
        Self::lacking("CMN-408", message, name)
    }

    fn lacking(code: &'static str, message: String, name: &'static str) -> Forbidden {
        let Refused(said) = Self::new::<403>(code, message);
        Refused(said.within("InsufficientPermissions").with(Extra::Permission(name)))
    }

    /// It is not for the caller to do this to another extension.
    pub fn another_extension() -> Forbidden {
        Self::new("CMN-404", "Attempt to access another extension")
    }

    pub(in crate::api::ringcentral) fn not_enabled(status: ExtensionStatus) -> Forbidden {
        Self::new("PRS-105", format!("Not allowed update presence for extensions having {status:?} state"))
    }

    pub(in crate::api::ringcentral) fn unsupported_type(kind: ExtensionType) -> Forbidden {
        Self::new("PRS-106", format!("Not allowed update presence for extensions of {kind:?} type"))
    }

    pub(in crate::api::ringcentral) fn no_dnd() -> Forbidden {
        Self::new("BIL-103", "Feature [DND] is not available for current account")
    }

    /// What the parameter names is not there, or not for the caller to see.
    pub fn not_found(parameter: &'static str) -> NotFound {
        let message = format!("Resource for parameter [{parameter}] is not found");
        Refused(Self::new::<404>("CMN-102", message).0.with(Extra::Parameter(parameter)))
    }

    /// The value of a parameter or of a member of the body is not valid.
    pub fn invalid(parameter: &'static str) -> BadRequest {
        let Refused(said) = Self::new::<400>("CMN-101", format!("Parameter [{parameter}] value is invalid"));
        Refused(said.within("InvalidParameter").with(Extra::Parameter(parameter)))
    }

    /// The value is none of a list. The operator's log has the list too.
    pub(in crate::api::ringcentral) fn not_among(
        parameter: &'static str,
        accepted: &'static [&'static str],
    ) -> BadRequest {
        tracing::info!(parameter, ?accepted, "refused a value that is not among those accepted");
        Refused(Self::invalid(parameter).0.with(Extra::Choice(parameter, accepted)))
    }

    /// A list of more extensions than are allowed.
    pub(in crate::api::ringcentral) fn too_many_ids(most: usize) -> BadRequest {
        let message = format!("Extension Presence Info multipart request is limited to {most} extensions");
        Refused(Self::new::<400>("CMN-106", message).0.within("InvalidMultipartRequest"))
    }

    pub(in crate::api::ringcentral) fn not_json() -> BadRequest {
        Self::new("CMN-103", "JSON can't be parsed.")
    }

    pub(in crate::api::ringcentral) fn not_json_type() -> UnsupportedMediaType {
        Self::unparsed()
    }

    /// A body that is not even read.
    pub(super) fn unparsed<const STATUS: u16>() -> Refused<Self, STATUS> {
        Self::new("CMN-104", "Cannot parse request")
    }

    pub(in crate::api::ringcentral) fn web_sockets_alone() -> UpgradeRequired {
        let Refused(said) = Self::new::<426>("CMN-202", "This path takes WebSockets only");
        Refused(said.with(Extra::Upgrade(HeaderValue::from_static("websocket"))))
    }

    /// The caller has to wait.
    pub fn too_many_requests(wait: Duration) -> TooManyRequests {
        Refused(Self::new::<429>("CMN-301", "Request rate exceeded").0.with(Extra::RetryAfter(wait)))
    }

    /// The same in other words.
    pub(in crate::api::ringcentral) fn in_words(self, message: String) -> Self {
        Self { message: message.into(), ..self }
    }

    /// What programs decide by.
    pub(in crate::api::ringcentral) fn code(&self) -> &'static str {
        self.inner
    }

    /// What people are told.
    pub(in crate::api::ringcentral) fn message(&self) -> &str {
        &self.message
    }
}
