//! What may be subscribed to, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};

use super::{codes, refused};
use crate::support::{Answer, BOB, CAROL, TestServer, receiver::Receiver};

const ACCOUNT: &str = "/restapi/v1.0/account/~";

/// Asks to be told of filters, by a receiver that answers.
async fn subscribe(server: &TestServer, receiver: &Receiver, filters: Value) -> Answer {
    let wish = json!({"eventFilters": filters,
        "deliveryMode": {"transportType": "WebHook", "address": receiver.url}});
    server.call(Method::POST, "/restapi/v1.0/subscription").token("demo-alice").json(&wish).send().await
}

#[tokio::test]
async fn every_filter_is_resolved_and_kept_once() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let filters = [
        "/presence",
        "/presence?detailedTelephonyState=true&sipData=true",
        "/extension/~/presence",
        "/extension/1/presence",
        "/extension/2/presence?detailedTelephonyState=TRUE&totalActiveCalls",
        "/extension/%7E/presence/line",
        "/extension/~/presence/line/presence?detailedTelephonyState=true",
        "/extension/~/favorite/presence",
        "/extension/2/presence/dnd",
    ];
    let mut filters: Vec<String> = filters.map(|filter| format!("{ACCOUNT}{filter}")).into();
    filters.push("/restapi/v1.0/subscription/~?threshold=60&interval=15".to_owned());
    let answer = subscribe(&server, &receiver, json!(filters)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    insta::assert_snapshot!(format!("{:#}", answer.json()["eventFilters"]), @r#"
    [
      "/restapi/v1.0/account/1/presence",
      "/restapi/v1.0/account/1/presence?detailedTelephonyState=true&sipData=true",
      "/restapi/v1.0/account/1/extension/1/presence",
      "/restapi/v1.0/account/1/extension/2/presence?detailedTelephonyState=TRUE&totalActiveCalls",
      "/restapi/v1.0/account/1/extension/1/presence/line",
      "/restapi/v1.0/account/1/extension/1/presence/line/presence?detailedTelephonyState=true",
      "/restapi/v1.0/account/1/extension/1/favorite/presence",
      "/restapi/v1.0/account/1/extension/2/presence/dnd",
      "/restapi/v1.0/subscription/~?threshold=60&interval=15"
    ]
    "#);
}

/// Filters of resources that this server has nothing of, as real clients name them beside those of presence.
const OF_OTHERS: [&str; 20] = [
    "/restapi/v1.0/account/~/extension/~/message-store",
    "/restapi/v1.0/account/~/extension/~/message-store/instant?type=SMS",
    "/restapi/v1.0/account/~/extension/~/telephony/sessions?statusCode=Setup&direction=Inbound",
    "/restapi/v1.0/account/~/telephony/sessions",
    "/restapi/v1.0/account/~/extension/~",
    "/restapi/v1.0/account/~/extension",
    "/restapi/v1.0/account/~/extension/~/voicemail",
    "/restapi/v1.0/account/~/extension/~/fax?direction=Inbound",
    "/restapi/v1.0/account/~/extension/~/missed-calls",
    "/restapi/v1.0/account/~/extension/~/incoming-call-pickup",
    "/restapi/v1.0/account/~/extension/~/favorite",
    "/restapi/v1.0/account/~/extension/~/grant",
    "/restapi/v1.0/account/~/extension/~/phone-number",
    "/restapi/v1.0/account/~/directory/contacts",
    "/restapi/v1.0/account/~/call-queues/17/members",
    "/restapi/v1.0/account/~/call-queues",
    "/restapi/v1.0/account/~/a2p-sms/messages?direction=Inbound",
    "/restapi/v1.0/glip/posts",
    "/restapi/v1.0/glip/groups/23/posts",
    "/restapi/v1.0/account/~/extension/2/message-store%3F",
];

#[tokio::test]
async fn filters_of_other_resources_are_taken_and_bring_nothing() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    // Alone, and beside a presence.
    let echoed = OF_OTHERS
        .map(|filter| filter.replacen("account/~", "account/1", 1).replacen("extension/~", "extension/1", 1));
    let alone = subscribe(&server, &receiver, json!(OF_OTHERS)).await;
    assert_eq!(alone.status, 200, "{}", alone.text);
    let made = alone.json();
    assert_eq!(made["eventFilters"], json!(echoed));
    assert_eq!((&made["status"], made.get("disabledFilters")), (&json!("Active"), None));
    let presence = "/restapi/v1.0/account/~/extension/2/presence";
    let beside = subscribe(&server, &receiver, json!([OF_OTHERS[0], presence, OF_OTHERS[2]])).await.json();
    assert_eq!(beside["eventFilters"][0], echoed[0]);
    // An update takes them too, and forgets what is not named any more.
    let body = json!({"eventFilters": [OF_OTHERS[17], presence]});
    let path = format!("/restapi/v1.0/subscription/{}", beside["id"].as_str().expect("an id"));
    let updated = server.call(Method::PUT, path).token("demo-alice").json(&body).send().await.json();
    assert_eq!(
        updated["eventFilters"],
        json!(["/restapi/v1.0/glip/posts", "/restapi/v1.0/account/1/extension/2/presence"])
    );
    // One's own change and another's: the presence alone is told of.
    super::update(&server, "demo-alice", json!({"message": "own"})).await;
    super::update(&server, "demo-bob", json!({"message": "lunch"})).await;
    let told = receiver.told().await;
    assert_eq!(told["subscriptionId"], beside["id"]);
    assert_eq!(told["body"]["message"], "lunch");
    server.push().settled().await;
    assert!(receiver.is_quiet(), "nothing else is told");
}

#[tokio::test]
async fn what_cannot_be_told_is_refused() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let hidden = json!({"allowSeeMyPresence": false});
    assert_eq!(super::update(&server, "demo-bob", hidden).await.status, 200);
    for (filter, status, code) in [
        ("/restapi/v1.0/account/~/extension/2/presence", 403, "SUB-403"),
        ("/restapi/v1.0/account/~/extension/2/presence/dnd", 403, "SUB-403"),
        ("/restapi/v1.0/account/2/presence", 403, "SUB-406"),
        ("/restapi/v1.0/account/2/extension/2/presence", 403, "SUB-406"),
        ("/restapi/v1.0/account/~/extension/99/presence", 403, "SUB-408"),
        ("/restapi/v1.0/account/~/extension/bob/presence", 403, "SUB-408"),
        ("/restapi/v1.0/account/~/extension/2/presence/line", 403, "SUB-531"),
        ("/restapi/v1.0/account/~/extension/2/presence/line/presence", 403, "SUB-531"),
        ("/restapi/v1.0/account/~/extension/2/favorite/presence", 403, "SUB-531"),
        ("/restapi/v1.0/account/~/extension/~/presence?sipData=maybe", 400, "SUB-508"),
        ("/restapi/v1.0/account/2/extension/~/message-store", 403, "SUB-406"),
        ("/restapi/v1.0/account/~", 400, "SUB-508"),
        ("/restapi/v1.0/account/~/", 400, "SUB-508"),
        ("/restapi/v1.0/account/~/extension//message-store", 400, "SUB-508"),
        ("/restapi/v1.0/account/~/extension/~/message-store/", 400, "SUB-508"),
        ("/restapi/v1.0/account/~/extension/../../message-store", 400, "SUB-508"),
        ("/restapi/v1.0/account/~/extension/~/message store", 400, "SUB-508"),
        ("/restapi/v1.0/account/~/extension/~/message-store%2", 400, "SUB-508"),
        ("/restapi/v1.0/account/~/extension/~/message-store?type=<all>", 400, "SUB-508"),
        ("/restapi/v1.0/account/{accountId}/extension/~/presence", 400, "SUB-508"),
        ("/restapi/v1.0/glip", 400, "SUB-508"),
        ("/restapi/v1.0/glip/", 400, "SUB-508"),
        ("/restapi/v1.0/dictionary/country", 400, "SUB-508"),
        ("/restapi/v1.0/subscription/~?interval=15", 400, "SUB-508"),
        ("/restapi/v2/account/~/presence", 400, "SUB-508"),
        ("account/~/presence", 400, "SUB-508"),
        ("", 400, "SUB-508"),
        ("/restapi/v1.0/subscription/~?threshold=60&interval=15", 400, "SUB-515"),
    ] {
        let answer = subscribe(&server, &receiver, json!([filter])).await;
        assert_eq!(codes(&answer), refused(status, code, code), "{filter}");
        if code == "SUB-508" {
            let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
            assert!(message.contains(&format!("[{filter}]")), "{message}");
        }
        if code != "SUB-515" {
            let with_another = json!(["/restapi/v1.0/account/~/presence", filter]);
            let answer = subscribe(&server, &receiver, with_another).await;
            assert_eq!(codes(&answer), refused(status, code, code), "one bad filter refuses all: {filter}");
        }
    }
    for filters in [json!([]), json!([7]), json!("all"), Value::Null] {
        let answer = subscribe(&server, &receiver, filters).await;
        assert_eq!(codes(&answer), refused(400, "InvalidParameter", "CMN-101"));
        assert_eq!(answer.json()["parameterName"], "eventFilters");
    }
}

#[tokio::test]
async fn oneself_may_be_watched_hidden_or_not() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    assert_eq!(super::update(&server, "demo-alice", json!({"allowSeeMyPresence": false})).await.status, 200);
    let own = json!(["/restapi/v1.0/account/~/extension/~/presence"]);
    assert_eq!(subscribe(&server, &receiver, own).await.status, 200);
}

#[tokio::test]
async fn a_filter_that_brings_nothing_any_more_is_shown() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let filters = json!([
        "/restapi/v1.0/account/~/extension/2/presence",
        "/restapi/v1.0/account/~/extension/3/presence"
    ]);
    let made = subscribe(&server, &receiver, filters).await.json();
    assert_eq!(made["disabledFilters"], Value::Null);
    super::update(&server, "demo-bob", json!({"allowSeeMyPresence": false})).await;
    assert_eq!(server.admin(Method::DELETE, &format!("/users/{CAROL}"), None).await.status, 204);
    let path = format!("/restapi/v1.0/subscription/{}", made["id"].as_str().expect("an id"));
    let shown = super::read(&server, "demo-alice", path).await;
    insta::assert_snapshot!(format!("{:#}", shown["disabledFilters"]), @r#"
    [
      {
        "filter": "/restapi/v1.0/account/1/extension/2/presence",
        "reason": "SUB-403",
        "message": "The user does not allow others to see the presence"
      },
      {
        "filter": "/restapi/v1.0/account/1/extension/3/presence",
        "reason": "SUB-408",
        "message": "Not allowed subscribe for unknown user"
      }
    ]
    "#);
}

#[tokio::test]
async fn a_hundred_filters_and_no_more() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let filters = |count: usize| {
        let others = (1..count).map(|number| format!("{ACCOUNT}/extension/~/message-store/{number}"));
        json!(others.chain([format!("{ACCOUNT}/presence")]).collect::<Vec<_>>())
    };
    let made = subscribe(&server, &receiver, filters(100)).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(made.json()["eventFilters"].as_array().map(Vec::len), Some(100));
    let refusal = refused(400, "InvalidParameter", "CMN-101");
    let many = subscribe(&server, &receiver, filters(101)).await;
    assert_eq!(codes(&many), refusal);
    let why = "Parameter [eventFilters] value is invalid: there may be 100 filters, no more";
    assert_eq!(many.json()["message"], why);
    // The same where they are changed.
    let path = format!("/restapi/v1.0/subscription/{}", made.json()["id"].as_str().expect("an id"));
    let change =
        server.call(Method::PUT, path).token("demo-alice").json(&json!({"eventFilters": filters(101)}));
    assert_eq!(codes(&change.send().await), refusal);
    // None is longer than an address may be.
    let long = json!([format!("{ACCOUNT}/extension/~/{}", "x".repeat(2_048))]);
    assert_eq!(codes(&subscribe(&server, &receiver, long).await), refused(400, "SUB-508", "SUB-508"));
}

#[tokio::test]
async fn who_may_not_read_may_not_subscribe() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let token = server
        .admin(Method::POST, &format!("/users/{BOB}/tokens"), Some(json!({"deviceId": "D", "scopes": []})))
        .await;
    let wish = json!({"eventFilters": [format!("{ACCOUNT}/presence")],
        "deliveryMode": {"transportType": "WebHook", "address": receiver.url}});
    let call = server.call(Method::POST, "/restapi/v1.0/subscription");
    let text = token.json()["token"].as_str().expect("a token").to_owned();
    let answer = call.token(&text).json(&wish).send().await;
    assert_eq!(codes(&answer), refused(403, "InsufficientPermissions", "CMN-401"));
    let socket = server.call(Method::POST, "/restapi/oauth/wstoken").token(&text).send().await;
    assert_eq!(codes(&socket), refused(403, "InsufficientPermissions", "CMN-401"));
}
