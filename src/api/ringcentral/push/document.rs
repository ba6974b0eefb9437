//! The document of what webhooks are sent, for those who take it.

use serde_json::{Value, json};
use utoipa::{
    ToSchema as _,
    openapi::{
        ContentBuilder, HeaderBuilder, HttpMethod, ObjectBuilder, OpenApi, PathItem, PathsBuilder, Ref,
        Required, ResponseBuilder, Type,
        example::ExampleBuilder,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        tag::TagBuilder,
    },
};

use crate::{api::ringcentral::types::Notification, openapi};

const TAG: &str = "Notifications";

/// What a webhook is sent, as a document of its own: clients of the API have nothing to do with it.
pub(in crate::api::ringcentral) fn document() -> OpenApi {
    let mut document = openapi::base(
        "RingCentral presence notifications",
        "What the webhooks of subscriptions are sent. A receiver is asked first whether it wants that: by a request \
         without a body and with a header `Validation-Token`, which its answer, a 200, has to have too.",
    );
    // The address is whatever the subscription says.
    document.servers = None;
    document.tags = Some(vec![
        TagBuilder::new().name(TAG).description(Some("Changes that subscriptions ask for.")).build(),
    ]);
    openapi::add_schema::<Notification>(&mut document);
    let item = PathItem::new(HttpMethod::Post, operation());
    document.webhooks = Some(PathsBuilder::new().path("notification", item).build());
    document
}

fn operation() -> OperationBuilder {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Notification::name())))
        .examples_from_iter([("ok", ExampleBuilder::new().value(Some(example())))])
        .build();
    let body = RequestBodyBuilder::new()
        .description(Some("What changed. Left out where the receiver is asked whether it wants this."))
        .content("application/json", content)
        .required(Some(Required::False));
    let echo = HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some("The token that the request had, where it had no body."))
        .build();
    OperationBuilder::new()
        .tag(TAG)
        .operation_id(Some("receiveNotification"))
        .summary(Some("Take a notification."))
        .description(Some(
            "Any status from 200 to 299 says that it arrived. One that did not is sent again, with another `uuid`.",
        ))
        .parameter(header("Validation-Token", "A token that the answer has to have too."))
        .parameter(header("Verification-Token", "What the subscription gave as its `verificationToken`."))
        .request_body(Some(body.build()))
        .response(
            "200",
            ResponseBuilder::new().description("The notification arrived.").header("Validation-Token", echo),
        )
        .securities(Some([]))
}

fn header(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .example(Some("b7a1c6f0-7d0e-4c5a-9d3f-5f0a5a1f7c11".into()))
        .build()
}

fn example() -> Value {
    json!({
        "uuid": "7d4c6a3e-6a43-4d2e-9b93-2b6d6b0d9c11",
        "event": "/restapi/v1.0/account/1/extension/2/presence",
        "timestamp": "2026-01-05T09:00:01.120Z",
        "subscriptionId": "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77",
        "ownerId": "1",
        "body": {
            "extensionId": 2,
            "telephonyStatus": "NoCall",
            "sequence": 11,
            "presenceStatus": "Busy",
            "userStatus": "Busy",
            "dndStatus": "TakeAllCalls",
            "meetingStatus": "Disconnected",
            "allowSeeMyPresence": true,
            "ringOnMonitoredCall": false,
            "pickUpCallsOnHold": false,
        },
    })
}
