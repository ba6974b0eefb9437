//! Refusals whose status is part of their type, and the enums of those that an operation may answer with.
//!
//! What a dialect says when it refuses is a [`Refusal`]; with a status it is a [`Refused`]. An operation's `refusals!`
//! are an enum with a variant for each of its statuses, from which its document is made: a status that the document
//! lacks has no variant, and cannot be answered.

use std::{fmt::Debug, time::Duration};

use axum::{
    body::HttpBody as _,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, KnownFormat, ObjectBuilder, Ref, Response as ResponseDoc, ResponseBuilder,
    SchemaFormat, Type, example::ExampleBuilder,
};

use crate::{api::body::BodyError, store::StoreError};

/// When a server that cannot do something at present may be asked again, in seconds, unless it says otherwise.
const RETRY_SOON: HeaderValue = HeaderValue::from_static("5");

/// What a dialect says when it refuses: its body and its headers, whatever the status.
///
/// A dialect whose status says it all leaves the causes to [`Refusal::usual`].
pub trait Refusal: Clone + Debug + Send + Sync + 'static {
    /// The name of an example in documents.
    const EXAMPLE: &'static str = "response";

    /// The refusal as it is sent.
    fn respond(self, status: StatusCode) -> Response;

    /// The name of its schema, with that status.
    fn schema(status: StatusCode) -> &'static str;

    /// What that status means where an operation does not say it: for people, and as it is sent.
    fn usual(status: StatusCode) -> (&'static str, Self);

    /// A body larger than so many bytes.
    fn too_large(_limit: usize) -> TooLarge<Self> {
        Refused::usual()
    }

    /// A body that ended early, or did not arrive in time.
    fn incomplete() -> BadRequest<Self> {
        Refused::usual()
    }

    /// An answer on demand that is not documented, and those that are.
    fn unanswerable(_why: String) -> BadRequest<Self> {
        Refused::usual()
    }

    /// A path that is none of the dialect's.
    fn no_path() -> NotFound<Self> {
        Refused::usual()
    }

    /// A method that the path does not take.
    fn no_method() -> MethodNotAllowed<Self> {
        Refused::usual()
    }

    /// The server itself failed.
    fn internal() -> InternalError<Self> {
        Refused::usual()
    }

    /// The store cannot do this at present.
    fn unavailable(_error: &StoreError) -> Unavailable<Self> {
        Refused::usual()
    }
}

/// A refusal with this status.
#[derive(Clone, Debug)]
pub struct Refused<R, const STATUS: u16>(pub R);

pub type BadRequest<R> = Refused<R, 400>;
pub type Unauthorized<R> = Refused<R, 401>;
pub type Forbidden<R> = Refused<R, 403>;
pub type NotFound<R> = Refused<R, 404>;
pub type MethodNotAllowed<R> = Refused<R, 405>;
pub type Conflict<R> = Refused<R, 409>;
pub type TooLarge<R> = Refused<R, 413>;
pub type UnsupportedMediaType<R> = Refused<R, 415>;
pub type UpgradeRequired<R> = Refused<R, 426>;
pub type TooManyRequests<R> = Refused<R, 429>;
pub type InternalError<R> = Refused<R, 500>;
pub type Unavailable<R> = Refused<R, 503>;

impl<R: Refusal, const STATUS: u16> Refused<R, STATUS> {
    /// The status.
    pub fn status() -> StatusCode {
        StatusCode::from_u16(STATUS).expect("a refusal's status is one")
    }

    /// What the dialect says with this status where nothing more is to be said.
    pub fn usual() -> Self {
        Self(R::usual(Self::status()).1)
    }

    /// The refusal as it is documented: with its own text and example, or the usual ones.
    pub fn document(texts: &[&str], example: Option<Self>) -> (String, ResponseDoc) {
        let (usual, _) = R::usual(Self::status());
        let description = if texts.is_empty() { usual.to_owned() } else { unindented(texts) };
        let answer = example.unwrap_or_else(Self::usual).into_response();
        (Self::status().as_str().to_owned(), documented::<R>(&description, answer))
    }
}

impl<R: Refusal, const STATUS: u16> IntoResponse for Refused<R, STATUS> {
    fn into_response(self) -> Response {
        respond(self.0, Self::status())
    }
}

/// The answer that says so with that status.
pub fn respond<R: Refusal>(said: R, status: StatusCode) -> Response {
    let mut response = said.respond(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().entry(header::RETRY_AFTER).or_insert(RETRY_SOON);
    }
    response
}

/// The refusals of an operation, as they are found by their status: for those that pass on what another server said.
pub trait Refusable<R>: Sized {
    /// The refusal with that status; none if the operation has none such.
    fn with_status(status: StatusCode, said: R) -> Option<Self>;
}

/// The lines of a doc comment.
fn unindented(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n")
}

/// Documents an answer by what it is: its body is the example, and its media type and headers are stated.
fn documented<R: Refusal>(description: &str, answer: Response) -> ResponseDoc {
    let (parts, body) = answer.into_parts();
    debug_assert!(body.size_hint().exact().is_some(), "a refusal is there at once");
    let bytes = body.collect().now_or_never().and_then(Result::ok).map(http_body_util::Collected::to_bytes);
    let example = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let example = ExampleBuilder::new().value(example).build();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(R::schema(parts.status))))
        .examples_from_iter([(R::EXAMPLE, example)])
        .build();
    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let response =
        ResponseBuilder::new().description(description).content(media_type.unwrap_or_default(), content);
    if !parts.headers.contains_key(header::RETRY_AFTER) {
        return response.build();
    }
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(1))
        .build();
    let wait = HeaderBuilder::new().schema(Some(seconds)).description(Some("How many seconds to wait."));
    response.header("Retry-After", wait.build()).build()
}

/// A wait as `Retry-After` has it: in whole seconds, rounded up, at least one.
pub fn retry_after(wait: Duration) -> HeaderValue {
    HeaderValue::from(whole_seconds(wait))
}

/// A wait in whole seconds, rounded up, at least one.
pub fn whole_seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u64::MAX).max(1)
}

/// How a dialect refuses what is no operation.
#[derive(Clone, Copy, Debug)]
pub struct Refusals {
    /// The store cannot serve the dialect at all.
    pub unavailable: fn(StoreError) -> Response,
    /// A body is larger than so many bytes.
    pub too_large: fn(usize) -> Response,
    /// The server itself failed.
    pub internal: fn() -> Response,
    /// A wish for an answer that is not documented.
    pub unanswerable: fn(String) -> Response,
    /// A path is none of the dialect's.
    pub no_path: fn() -> Response,
    /// The path does not take the method.
    pub no_method: fn() -> Response,
}

impl Refusals {
    /// Refusals in the form `R`.
    pub const fn of<R: Refusal>() -> Self {
        Self {
            unavailable: |error| R::unavailable(&error).into_response(),
            too_large: |limit| R::too_large(limit).into_response(),
            internal: || R::internal().into_response(),
            unanswerable: |why| R::unanswerable(why).into_response(),
            no_path: || R::no_path().into_response(),
            no_method: || R::no_method().into_response(),
        }
    }
}

/// Why something failed below the dialects, refused in the form `R` by one of the refusals `E`: those that it may
/// become are bounds of the implementation.
pub trait Cause<R, E> {
    /// The refusal.
    fn refuse(self) -> E;
}

impl<R: Refusal, E: From<BadRequest<R>> + From<TooLarge<R>>> Cause<R, E> for BodyError {
    fn refuse(self) -> E {
        match self {
            Self::TooLarge { limit } => R::too_large(limit).into(),
            Self::Incomplete => R::incomplete().into(),
        }
    }
}

pub(crate) use crate::refusals;

/// Declares the refusals of an operation.
///
/// A variant's doc comment is the description in the document, and what follows `=>` its example; both have a
/// default in [`Refusal::usual`]. The causes after `from` are converted by `?`.
#[macro_export]
macro_rules! refusals {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident: $form:ty $(, from $($cause:ty),+)? {
            $( $(#[doc = $text:literal])* $variant:ident $(=> $example:expr)? ),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug)]
        $visibility enum $name {
            $( $(#[doc = $text])* $variant($crate::api::refusal::$variant<$form>), )+
        }

        $(
            impl From<$crate::api::refusal::$variant<$form>> for $name {
                fn from(refused: $crate::api::refusal::$variant<$form>) -> Self {
                    Self::$variant(refused)
                }
            }
        )+

        $($(
            impl From<$cause> for $name {
                fn from(cause: $cause) -> Self {
                    $crate::api::refusal::Cause::<$form, Self>::refuse(cause)
                }
            }
        )+)?

        /// What refuses a part of an operation refuses the whole.
        impl<E: $(From<$crate::api::refusal::$variant<$form>> +)+> $crate::api::refusal::Cause<$form, E> for $name {
            fn refuse(self) -> E {
                match self {
                    $( Self::$variant(refused) => refused.into(), )+
                }
            }
        }

        impl $crate::api::refusal::Refusable<$form> for $name {
            fn with_status(status: axum::http::StatusCode, said: $form) -> Option<Self> {
                $(
                    if status == <$crate::api::refusal::$variant<$form>>::status() {
                        return Some(Self::$variant($crate::api::refusal::Refused(said)));
                    }
                )+
                None
            }
        }

        impl axum::response::IntoResponse for $name {
            fn into_response(self) -> axum::response::Response {
                match self {
                    $( Self::$variant(refused) => refused.into_response(), )+
                }
            }
        }

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::Response>,
            > {
                [
                    $( <$crate::api::refusal::$variant<$form>>::document(
                        &[$($text),*],
                        None$(.or(Some($example)))?,
                    ), )+
                ]
                .into_iter()
                .map(|(status, response)| (status, response.into()))
                .collect()
            }
        }
    };
}
