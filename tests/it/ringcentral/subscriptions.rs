//! Subscriptions themselves: making, listing, reading, changing, renewing and ending them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{codes, read, refused};
use crate::support::{
    Answer, TestServer,
    receiver::{Receiver, Validation},
    seconds,
};

const PATH: &str = "/restapi/v1.0/subscription";
const BOB: &str = "/restapi/v1.0/account/~/extension/2/presence";

fn wish(receiver: &Receiver) -> Value {
    json!({"eventFilters": [BOB], "deliveryMode": {"transportType": "WebHook", "address": receiver.url}})
}

async fn create(server: &TestServer, token: &str, wish: &Value) -> Answer {
    server.call(Method::POST, PATH).token(token).json(wish).send().await
}

async fn created(server: &TestServer, wish: &Value) -> (String, Value) {
    let answer = create(server, "demo-alice", wish).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let info = answer.json();
    (format!("{PATH}/{}", info["id"].as_str().expect("an id")), info)
}

async fn call(server: &TestServer, method: Method, path: &str) -> Answer {
    server.call(method, path).token("demo-alice").send().await
}

#[tokio::test]
async fn what_a_subscription_is() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let (path, info) = created(&server, &wish(&receiver)).await;
    let id = info["id"].as_str().expect("an id");
    let text = info.to_string().replace(&receiver.url, "HOOK").replace(id, "ID").replace(&server.url, "");
    insta::assert_snapshot!(text, @r#"{"uri":"/restapi/v1.0/subscription/ID","id":"ID","eventFilters":["/restapi/v1.0/account/1/extension/2/presence"],"creationTime":"2026-01-05T09:00:00.000Z","expirationTime":"2026-01-12T09:00:00.000Z","expiresIn":604800,"status":"Active","deliveryMode":{"transportType":"WebHook","address":"HOOK","encryption":false}}"#);
    assert_eq!(read(&server, "demo-alice", path).await, info);
    let list = read(&server, "demo-alice", PATH).await;
    assert_eq!(list, json!({"uri": format!("{}{PATH}", server.url), "records": [info]}));
}

#[tokio::test]
async fn a_path_with_a_slash_at_its_end_is_the_same() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let call = server.call(Method::POST, format!("{PATH}/")).token("demo-alice").json(&wish(&receiver));
    assert_eq!(call.send_undocumented().await.status, 200);
    let list = server.call(Method::GET, format!("{PATH}/")).token("demo-alice").send_undocumented().await;
    assert_eq!(list.json(), read(&server, "demo-alice", PATH).await);
}

#[tokio::test]
async fn others_have_nothing_to_do_with_it() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let (path, _) = created(&server, &wish(&receiver)).await;
    for token in ["demo-bob", "demo-alice-2"] {
        assert_eq!(read(&server, token, PATH).await["records"], json!([]), "{token}");
        for (method, path) in [
            (Method::GET, path.clone()),
            (Method::PUT, path.clone()),
            (Method::DELETE, path.clone()),
            (Method::POST, format!("{path}/renew")),
        ] {
            let answer = server.call(method, path).token(token).send().await;
            assert_eq!(codes(&answer), refused(404, "CMN-102", "CMN-102"));
        }
    }
    let answer = call(&server, Method::GET, &format!("{PATH}/nothing")).await;
    assert_eq!(codes(&answer), refused(404, "CMN-102", "CMN-102"));
    assert_eq!(answer.json()["parameterName"], "subscriptionId");
}

#[tokio::test]
async fn an_end_is_an_end() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let (path, _) = created(&server, &wish(&receiver)).await;
    let answer = call(&server, Method::DELETE, &path).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    for method in [Method::DELETE, Method::GET] {
        assert_eq!(codes(&call(&server, method, &path).await), refused(404, "CMN-102", "CMN-102"));
    }
}

#[tokio::test]
async fn renewing_starts_the_lifetime_anew() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let mut short = wish(&receiver);
    short["expiresIn"] = json!(100);
    let (path, info) = created(&server, &short).await;
    assert_eq!(
        (&info["expiresIn"], &info["expirationTime"]),
        (&json!(100), &json!("2026-01-05T09:01:40.000Z"))
    );
    server.advance(seconds(40)).await;
    assert_eq!(call(&server, Method::GET, &path).await.json()["expiresIn"], 60);
    let renewed = call(&server, Method::POST, &format!("{path}/renew")).await.json();
    assert_eq!((&renewed["expiresIn"], &renewed["creationTime"]), (&json!(100), &info["creationTime"]));

    // An empty update renews too, with the default.
    let updated = call(&server, Method::PUT, &path).await.json();
    assert_eq!((&updated["expiresIn"], &updated["eventFilters"]), (&json!(604_800), &info["eventFilters"]));

    let change = json!({"expiresIn": 30, "eventFilters": ["/restapi/v1.0/account/~/presence"], "status": "Off",
        "deliveryMode": {"transportType": "WebHook", "address": "http://elsewhere.example/"}});
    let answer = server.call(Method::PUT, &path).token("demo-alice").json(&change).send().await.json();
    assert_eq!(answer["expiresIn"], 30);
    assert_eq!(answer["eventFilters"], json!(["/restapi/v1.0/account/1/presence"]));
    assert_eq!(answer["deliveryMode"], info["deliveryMode"], "the rest is ignored");
    let unread = server.call(Method::PUT, &path).token("demo-alice").header("content-type", "text/plain");
    assert_eq!(codes(&unread.body("{}").send().await), refused(415, "CMN-104", "CMN-104"));
}

/// As the live service shortens what is too long, and refuses what is none.
#[tokio::test]
async fn no_subscription_lasts_longer_than_ten_years() {
    let server = TestServer::start().await.lenient();
    let receiver = Receiver::start().await;
    let longest = json!(315_360_000);
    for asked in [json!(315_360_000), json!(315_360_001), json!(u64::MAX), json!(1e30)] {
        let mut long = wish(&receiver);
        long["expiresIn"] = asked.clone();
        let (path, info) = created(&server, &long).await;
        let years = (&longest, &json!("2036-01-03T09:00:00.000Z"));
        assert_eq!((&info["expiresIn"], &info["expirationTime"]), years, "{asked}");
        let renewed = call(&server, Method::POST, &format!("{path}/renew")).await.json();
        assert_eq!(renewed["expiresIn"], longest, "{asked}");
        let change = json!({"expiresIn": asked});
        let updated = server.call(Method::PUT, &path).token("demo-alice").json(&change).send().await.json();
        assert_eq!(updated["expiresIn"], longest, "{asked}");
    }
    for asked in [json!(0), json!(-1), json!(-1e30), json!(1.5), json!("60"), json!(true)] {
        let mut none = wish(&receiver);
        none["expiresIn"] = asked.clone();
        let answer = server.call(Method::POST, PATH).token("demo-alice").json(&none).send().await;
        assert_eq!(codes(&answer), refused(400, "InvalidParameter", "CMN-101"), "{asked}");
        assert_eq!(answer.json()["parameterName"], "expiresIn", "{asked}");
    }
}

#[tokio::test]
async fn a_bad_update_changes_nothing() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let (path, info) = created(&server, &wish(&receiver)).await;
    for (change, expected) in [
        (json!({"expiresIn": 0}), refused(400, "InvalidParameter", "CMN-101")),
        (json!({"eventFilters": []}), refused(400, "InvalidParameter", "CMN-101")),
        (json!({"eventFilters": ["nothing"], "expiresIn": 5}), refused(400, "SUB-508", "SUB-508")),
    ] {
        let answer = server.call(Method::PUT, &path).token("demo-alice").json(&change).send().await;
        assert_eq!(codes(&answer), expected);
    }
    assert_eq!(read(&server, "demo-alice", path).await, info);
}

#[tokio::test]
async fn what_has_expired_is_known_as_such() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let mut short = wish(&receiver);
    short["expiresIn"] = json!(100);
    let (path, info) = created(&server, &short).await;
    server.advance(seconds(50)).await;
    let reminder = receiver.told().await;
    assert_eq!(
        (&reminder["event"], &reminder["subscriptionId"]),
        (&json!("/restapi/v1.0/subscription/~"), &info["id"])
    );
    assert_eq!(reminder["body"], json!({"expirationTime": "2026-01-05T09:01:40.000Z", "expiresIn": 50}));
    server.push().settled().await;
    server.advance(seconds(50)).await;
    while read(&server, "demo-alice", PATH).await["records"] != json!([]) {}
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::PUT, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::POST, format!("{path}/renew")),
    ] {
        assert_eq!(codes(&call(&server, method, &path).await), refused(404, "SUB-507", "SUB-507"));
    }
    let other = server.call(Method::GET, &path).token("demo-bob").send().await;
    assert_eq!(codes(&other), refused(404, "CMN-102", "CMN-102"));
}

#[tokio::test]
async fn reminders_come_as_often_as_they_were_asked_for_and_at_most_once_a_minute() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    // The earliest is heeded, and times below a minute are raised to one.
    let reminder = "/restapi/v1.0/subscription/~?threshold=180&interval=15";
    let mut wish = wish(&receiver);
    wish["eventFilters"] = json!([BOB, "/restapi/v1.0/subscription/~?threshold=1&interval=1", reminder]);
    wish["expiresIn"] = json!(200);
    let (path, _) = created(&server, &wish).await;
    for (wait, left) in [(20, 180), (60, 120), (60, 60)] {
        server.push().settled().await;
        server.advance(seconds(wait - 1)).await;
        server.push().settled().await;
        assert!(receiver.is_quiet(), "not before {left} s are left");
        server.advance(seconds(1)).await;
        let told = receiver.told().await;
        assert_eq!((&told["event"], &told["body"]["expiresIn"]), (&json!(reminder), &json!(left)));
    }
    server.push().settled().await;
    let renewed = call(&server, Method::POST, &format!("{path}/renew")).await.json();
    assert_eq!(renewed["expiresIn"], 200);
    server.advance(seconds(15)).await;
    server.push().settled().await;
    server.advance(seconds(5)).await;
    assert_eq!(receiver.told().await["body"]["expiresIn"], 180, "once renewed, the reminders begin anew");
}

#[tokio::test]
async fn a_reminder_of_less_than_a_minute_is_raised_to_one() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let mut wish = wish(&receiver);
    wish["eventFilters"] = json!([BOB, "/restapi/v1.0/subscription/~?threshold=5"]);
    wish["expiresIn"] = json!(100);
    created(&server, &wish).await;
    server.advance(seconds(40)).await;
    assert_eq!(receiver.told().await["body"]["expiresIn"], 60);
    server.push().settled().await;
    server.advance(seconds(59)).await;
    server.push().settled().await;
    assert!(receiver.is_quiet(), "it comes once");
}

#[tokio::test]
async fn thirty_and_no_more() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let mut last = String::new();
    for _ in 0..30 {
        last = created(&server, &wish(&receiver)).await.0;
    }
    receiver.validate(Validation::Silent);
    let answer = create(&server, "demo-alice", &wish(&receiver)).await;
    assert_eq!(codes(&answer), refused(403, "SUB-505", "SUB-505"), "and nobody is asked");
    receiver.validate(Validation::Right);
    assert_eq!(
        create(&server, "demo-alice-2", &wish(&receiver)).await.status,
        200,
        "each application for itself"
    );
    assert_eq!(call(&server, Method::DELETE, &last).await.status, 204);
    created(&server, &wish(&receiver)).await;
}

#[tokio::test]
async fn bad_wishes() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    for (change, parameter) in [
        (json!({"deliveryMode": null}), "deliveryMode"),
        (json!({"deliveryMode": "WebHook"}), "deliveryMode"),
        (json!({"deliveryMode": {"address": receiver.url}}), "deliveryMode.transportType"),
        (json!({"deliveryMode": {"transportType": "PubNub"}}), "deliveryMode.transportType"),
        (json!({"deliveryMode": {"transportType": "WebSocket"}}), "deliveryMode.transportType"),
        (json!({"deliveryMode": {"transportType": "WebHook"}}), "deliveryMode.address"),
        (json!({"deliveryMode": {"transportType": "WebHook", "address": 7}}), "deliveryMode.address"),
        (
            json!({"deliveryMode": {"transportType": "WebHook", "address": "mailto:a@b.example"}}),
            "deliveryMode.address",
        ),
        (
            json!({"deliveryMode": {"transportType": "WebHook", "address": "https://a:b@c.example/"}}),
            "deliveryMode.address",
        ),
        (
            json!({"deliveryMode": {"transportType": "WebHook", "address": receiver.url, "verificationToken": "a\nb"}}),
            "deliveryMode.verificationToken",
        ),
        (json!({"expiresIn": 0}), "expiresIn"),
        (json!({"expiresIn": -1}), "expiresIn"),
        (json!({"expiresIn": "long"}), "expiresIn"),
    ] {
        let mut wish = wish(&receiver);
        for (name, value) in change.as_object().expect("an object") {
            wish[name] = value.clone();
        }
        let answer = create(&server, "demo-alice", &wish).await;
        assert_eq!(codes(&answer), refused(400, "InvalidParameter", "CMN-101"), "{wish}");
        assert_eq!(answer.json()["parameterName"], parameter, "{wish}");
    }
    let mut longest = wish(&receiver);
    longest["expiresIn"] = json!(315_360_000);
    assert_eq!(create(&server, "demo-alice", &longest).await.status, 200);
}
