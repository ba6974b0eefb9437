//! What every call of this dialect goes through around its handler. In this order: whose token it carries,
//! the rate limit, `update_presence`; then the handler; then the envelope and the headers.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;
use utoipa::IntoParams;

use super::{
    caller::{AuthenticateError, Caller, UserRef},
    envelope::Layout,
    error::{BadRequest, PnutRefusal, TooManyRequests},
    limit::Allowance,
    request::Exchange,
    scope_name,
    stub::{Call, Presence, Unread},
    update::{SetPresenceError, Update},
    version::Version,
};
use crate::{
    api::{
        refusal::{Refusal as _, refusals},
        stub::Credentials,
    },
    request::RequestInfo,
};

/// Any value of this header has answers indented.
const PRETTY_JSON: HeaderName = HeaderName::from_static("x-pretty-json");

/// What every call of this dialect may carry.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it stands for the documentation; the layer reads the query")]
pub(super) struct OnEveryCall {
    /// Sets the caller's own presence before anything else is done, as a PUT of this value would: `on the
    /// train`, for example. It needs a user's token with the scope `presence`. `meta.updated_presence` tells
    /// whether it was done; with more than 100 characters it is not, and the call goes on.
    update_presence: Option<String>,
    /// When the presence that `update_presence` sets is to end, as `expiration` of a PUT has it; under `/v1`
    /// alone.
    update_presence_expiration: Option<i64>,
}

refusals! {
    /// Why a call does not come to its operation.
    enum GateError: PnutRefusal, from AuthenticateError {
        Unauthorized,
        Forbidden,
        TooManyRequests,
        Unavailable,
    }
}

/// What the layer is given.
#[derive(Clone)]
pub(super) struct Gate(pub(super) Arc<dyn Presence>);

/// What the answer needs besides what the handler said.
struct AnswerHead {
    layout: Layout,
    version: Version,
    scopes: Option<String>,
    allowance: Option<Allowance>,
    updated_presence: Option<bool>,
}

/// The layer.
pub(super) async fn exchange(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let is_pretty = request.headers().contains_key(PRETTY_JSON);
    let layout = if is_pretty { Layout::Indented } else { Layout::Compact };
    let version = Version::of(request.uri());
    let mut head = AnswerHead { layout, version, scopes: None, allowance: None, updated_presence: None };
    let answered = AssertUnwindSafe(gate.answer(request, next, &mut head)).catch_unwind().await;
    let response = match answered {
        Ok(answered) => answered.into_response(),
        Err(_) => {
            tracing::error!("a request met a bug and was answered with 500");
            PnutRefusal::internal().into_response()
        }
    };
    head.put_to(response)
}

impl Gate {
    async fn answer(
        &self,
        mut request: Request,
        next: Next,
        head: &mut AnswerHead,
    ) -> Result<Response, GateError> {
        let identified = self.identify(request.headers(), request.uri()).await;
        head.scopes = identified.as_ref().ok().map(names);
        let call = Call {
            caller: identified.as_ref().ok(),
            address: RequestInfo::client_of(request.extensions()),
            writes: !matches!(*request.method(), Method::GET | Method::HEAD),
        };
        self.limit(&call, head)?;
        let caller = identified?;
        let (layout, version) = (head.layout, head.version);
        let update = self.update(request.uri(), version, &caller).await;
        head.updated_presence = update.as_ref().map(Result::is_ok);
        request.extensions_mut().insert(Exchange { caller, update, layout, version });
        Ok(next.run(request).await)
    }

    async fn identify(&self, headers: &HeaderMap, uri: &Uri) -> Result<Caller, AuthenticateError> {
        let credentials = Credentials::of(headers, uri, true)?;
        let identity = self.0.authenticate(&credentials).await?;
        Ok(Caller { identity, credentials })
    }

    fn limit(&self, call: &Call<'_>, head: &mut AnswerHead) -> Result<(), TooManyRequests> {
        let counted = self.0.count(call);
        head.allowance = counted.map(|counted| counted.unwrap_or_else(|ban| ban));
        match counted {
            Some(Err(ban)) => Err(PnutRefusal::limit_exceeded(ban.reset)),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Applies `update_presence`, if it is there.
    async fn update(
        &self,
        uri: &Uri,
        version: Version,
        caller: &Caller,
    ) -> Option<Result<(), SetPresenceError>> {
        let update = Update::on_any_call(uri, version)?;
        Some(self.apply(update, caller).await)
    }

    async fn apply(
        &self,
        update: Result<Update, BadRequest>,
        caller: &Caller,
    ) -> Result<(), SetPresenceError> {
        caller.updater()?;
        let update = Unread::new(async { Ok(update?) });
        self.0.set_presence(caller, &UserRef::Me, Some(update)).await.map(drop)
    }
}

fn names(caller: &Caller) -> String {
    caller.scopes().iter().map(scope_name).collect::<Vec<_>>().join(",")
}

impl AnswerHead {
    fn put_to(self, mut response: Response) -> Response {
        let status = response.status();
        if let Some(refusal) = response.extensions_mut().remove::<PnutRefusal>() {
            let text = self.layout.write(&refusal.answer(status, self.updated_presence));
            response.headers_mut().remove(header::CONTENT_LENGTH);
            *response.body_mut() = Body::from(text);
        }
        let headers = response.headers_mut();
        headers.insert("x-api-version", self.version.header());
        if let Some(scopes) = self.scopes.and_then(|scopes| HeaderValue::try_from(scopes).ok()) {
            headers.insert("x-oauth-scopes", scopes);
        }
        if let Some(Allowance { limit, remaining, reset }) = self.allowance {
            headers.insert("x-ratelimit-limit", limit.into());
            headers.insert("x-ratelimit-remaining", remaining.into());
            headers.insert("x-ratelimit-reset", reset.into());
        }
        response
    }
}
