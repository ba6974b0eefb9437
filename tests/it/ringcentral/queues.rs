//! Call queues: who takes their calls.

use reqwest::Method;
use serde_json::{Value, json};

use super::{become_extension, codes, get, read, refused, update};
use crate::support::{ALICE, Answer, BOB, TestServer, socket::Socket};

/// The queue of [`start`], whose members are alice, an admin of the account, and bob.
const QUEUE: &str = "/restapi/v1.0/account/~/call-queues/4/presence";

const OWN: &str = "/restapi/v1.0/account/~/extension/~/call-queue-presence";

async fn start() -> TestServer {
    let server = TestServer::start().await;
    let queue = json!({"account": 1, "extensionNumber": "900", "extensionType": "Department", "displayName": "Sales"});
    become_extension(&server, "@sales:example.com", queue).await;
    let alice = json!({"account": 1, "extensionNumber": "101", "departments": [4, 99], "accountAdmin": true});
    become_extension(&server, ALICE, alice).await;
    become_extension(&server, BOB, json!({"account": 1, "extensionNumber": "102", "departments": [4]})).await;
    server
}

async fn put(server: &TestServer, token: &str, path: &str, body: Value) -> Answer {
    server.call(Method::PUT, path).token(token).json(&body).send().await
}

/// The members, each with whether they take calls of queues, and of this one.
fn members(queue: &Value) -> Vec<(&str, Option<bool>, Option<bool>)> {
    let records = queue["records"].as_array().expect("records").iter();
    let member = |record: &'_ Value| record["acceptQueueCalls"].as_bool();
    records
        .map(|record| {
            let id = record["member"]["id"].as_str().expect("an id");
            (id, member(record), record["acceptCurrentQueueCalls"].as_bool())
        })
        .collect()
}

#[tokio::test]
async fn who_takes_the_calls() {
    let server = start().await;
    let queue = read(&server, "demo-carol", QUEUE).await;
    insta::assert_snapshot!(queue, @r#"{"records":[{"member":{"id":"1","extensionNumber":"101"},"acceptQueueCalls":true,"acceptCurrentQueueCalls":true},{"member":{"id":"2","extensionNumber":"102"},"acceptQueueCalls":true,"acceptCurrentQueueCalls":true}]}"#);
    let own = read(&server, "demo-alice", OWN).await;
    insta::assert_snapshot!(own, @r#"{"records":[{"callQueue":{"id":"4","name":"Sales","extensionNumber":"900","editableMemberStatus":true},"acceptCalls":true}]}"#);
    // Calls of queues at all: as do-not-disturb has it.
    for (dnd, takes) in [
        ("DoNotAcceptDepartmentCalls", false),
        ("TakeDepartmentCallsOnly", true),
        ("DoNotAcceptAnyCalls", false),
        ("TakeAllCalls", true),
    ] {
        assert_eq!(update(&server, "demo-bob", json!({"dndStatus": dnd})).await.status, 200, "{dnd}");
        let queue = read(&server, "demo-alice", QUEUE).await;
        assert_eq!(members(&queue)[1], ("2", Some(takes), Some(true)), "{dnd}");
    }
    // Somebody hidden is a member, and nothing more is told.
    update(&server, "demo-bob", json!({"allowSeeMyPresence": false})).await;
    assert_eq!(members(&read(&server, "demo-alice", QUEUE).await)[1], ("2", None, None));
    assert_eq!(members(&read(&server, "demo-bob", QUEUE).await)[1], ("2", Some(true), Some(true)));
}

#[tokio::test]
async fn admins_set_it_for_all_and_members_for_themselves() {
    let server = start().await;
    let of = |id: &str, takes: bool| json!({"records": [{"member": {"id": id}, "acceptCurrentQueueCalls": takes, "acceptQueueCalls": false}]});
    let both = json!({"records": [{"member": {"id": 1}, "acceptCurrentQueueCalls": false},
        {"member": {"id": "2"}, "acceptCurrentQueueCalls": false}]});
    // Ids may be numbers.
    let set = server.call(Method::PUT, QUEUE).token("demo-alice").json(&both).leniently().send().await;
    assert_eq!(members(&set.json()), [("1", Some(true), Some(false)), ("2", Some(true), Some(false))]);
    // One's own, in the one form and in the other.
    assert_eq!(
        members(&put(&server, "demo-bob", QUEUE, of("2", true)).await.json())[1],
        ("2", Some(true), Some(true))
    );
    let closed = json!({"records": [{"callQueue": {"id": "4"}, "acceptCalls": false}]});
    let own = put(&server, "demo-bob", OWN, closed.clone()).await.json();
    assert_eq!(own["records"][0]["acceptCalls"], false);
    assert_eq!(members(&read(&server, "demo-alice", QUEUE).await)[1], ("2", Some(true), Some(false)));
    // An admin somebody else's.
    let open = json!({"records": [{"callQueue": {"id": "4"}, "acceptCalls": true}]});
    let bobs = "/restapi/v1.0/account/~/extension/2/call-queue-presence";
    assert_eq!(
        put(&server, "demo-alice", bobs, open.clone()).await.json()["records"][0]["acceptCalls"],
        true
    );

    let alices = "/restapi/v1.0/account/~/extension/1/call-queue-presence";
    for (token, path, body, expected) in [
        ("demo-bob", QUEUE, of("1", true), refused(403, "CMN-404", "CMN-404")),
        ("demo-bob", alices, open.clone(), refused(403, "CMN-404", "CMN-404")),
        ("demo-alice", QUEUE, of("3", true), refused(400, "InvalidParameter", "CMN-101")),
        ("demo-alice", QUEUE, json!({}), refused(400, "InvalidParameter", "CMN-101")),
        (
            "demo-alice",
            QUEUE,
            json!({"records": [{"member": {"id": "1"}}]}),
            refused(400, "InvalidParameter", "CMN-101"),
        ),
        ("demo-carol", OWN, closed, refused(400, "InvalidParameter", "CMN-101")),
        ("demo-alice", QUEUE, json!([]), refused(400, "CMN-103", "CMN-103")),
    ] {
        assert_eq!(codes(&put(&server, token, path, body.clone()).await), expected, "{token} {path} {body}");
    }
    let unread = server.call(Method::PUT, QUEUE).token("demo-alice").header("content-type", "text/plain");
    assert_eq!(codes(&unread.body("{}").send().await), refused(415, "CMN-104", "CMN-104"));
    for id in ["1", "99", "x"] {
        let path = format!("/restapi/v1.0/account/~/call-queues/{id}/presence");
        let answer = get(&server, "demo-alice", path).send().await;
        assert_eq!(codes(&answer), refused(404, "CMN-102", "CMN-102"), "{id}");
        assert_eq!(answer.json()["parameterName"], "groupId");
    }
}

/// The filters of both tell whenever somebody's taking of calls changes, in the form that reads have.
#[tokio::test]
async fn what_is_told() {
    let server = start().await;
    let mut queue = Socket::open(&server, "demo-carol").await;
    queue.subscribe(&[QUEUE]).await;
    let mut own = Socket::open(&server, "demo-bob").await;
    own.subscribe(&[OWN]).await;
    let closed = json!({"records": [{"callQueue": {"id": "4"}, "acceptCalls": false}]});
    put(&server, "demo-bob", OWN, closed).await;
    let told = queue.told().await;
    assert_eq!(told["event"], "/restapi/v1.0/account/1/call-queues/4/presence");
    assert_eq!(told["body"], read(&server, "demo-carol", QUEUE).await);
    assert_eq!(members(&told["body"])[1], ("2", Some(true), Some(false)));
    let told = own.told().await;
    assert_eq!(told["event"], "/restapi/v1.0/account/1/extension/2/call-queue-presence");
    assert_eq!(told["body"], read(&server, "demo-bob", OWN).await);
    // What has nothing to do with queues is not told; do-not-disturb has.
    update(&server, "demo-alice", json!({"message": "lunch"})).await;
    update(&server, "demo-alice", json!({"dndStatus": "DoNotAcceptAnyCalls"})).await;
    assert_eq!(members(&queue.told().await["body"])[0], ("1", Some(false), Some(true)));
}
