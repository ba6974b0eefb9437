//! The refusals that many operations have in common, as they are documented.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::{
    IntoResponses,
    openapi::{
        ContentBuilder, Ref, RefOr, Response, ResponseBuilder,
        example::{Example, ExampleBuilder},
    },
};

/// What every operation with a token may answer besides its own answers.
pub(super) struct WithToken;

impl IntoResponses for WithToken {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let responses = [
            (
                "401",
                "There is no access token, or it is not valid.",
                "unauthorized",
                json!({"errcode": "M_UNKNOWN_TOKEN", "error": "Unrecognised access token", "soft_logout": false}),
            ),
            (
                "403",
                "The access token does not allow this, or belongs to no user.",
                "forbidden",
                json!({"errcode": "M_FORBIDDEN", "error": "This access token belongs to no user"}),
            ),
        ];
        responses.into_iter().map(refusal).chain(WithoutToken::responses()).collect()
    }
}

/// The same of an operation that needs no token.
pub(super) struct WithoutToken;

impl IntoResponses for WithoutToken {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let responses = [
            (
                "413",
                "The request body is too large.",
                "tooLarge",
                json!({"errcode": "M_TOO_LARGE", "error": "The request body is larger than the 65536 bytes allowed"}),
            ),
            (
                "503",
                "The server starts, or its store cannot be used at present. Nothing was changed.",
                "unavailable",
                json!({"errcode": "M_UNKNOWN", "error": "the store refuses writes: the disk is full"}),
            ),
        ];
        responses.into_iter().map(refusal).collect()
    }
}

/// What reading something of a user may answer besides.
pub(super) struct AboutUser;

impl IntoResponses for AboutUser {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let responses = [
            (
                "400",
                "The user id is not one.",
                "badRequest",
                json!({"errcode": "M_INVALID_PARAM", "error": "A user id starts with `@`"}),
            ),
            (
                "404",
                "There is no such user. Where users are seen by sharing a room, unknown users are refused with 403, as \
                 those are who share none.",
                "notFound",
                json!({"errcode": "M_NOT_FOUND", "error": "There is no such user"}),
            ),
        ];
        responses.into_iter().map(refusal).collect()
    }
}

fn refusal((status, description, name, example): (&str, &str, &str, Value)) -> (String, RefOr<Response>) {
    let example: RefOr<Example> = ExampleBuilder::new().value(Some(example)).build().into();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("MatrixError")))
        .examples_from_iter([(name, example)])
        .build();
    let response = ResponseBuilder::new().description(description).content("application/json", content);
    (status.to_owned(), response.build().into())
}
