//! Receivers that are slow or dead: whom they hold up, and whom they do not. And restarts with many subscriptions.

use presenced::{api::ringcentral::config::RingCentral, config::Config};
use reqwest::Method;
use serde_json::json;
use tokio::task::yield_now;

use super::{ACCOUNT, update};
use crate::support::{SharedStore, TestServer, receiver::Receiver};

const PATH: &str = "/restapi/v1.0/subscription";

/// Receivers may take longer than a test does.
fn patient(config: &mut Config) {
    config.webhooks.timeout_milliseconds = 60_000;
    config.section_mut::<RingCentral>().rate_limits = false;
}

async fn subscribe(server: &TestServer, token: &str, receiver: &Receiver) {
    let wish = json!({"eventFilters": [ACCOUNT],
        "deliveryMode": {"transportType": "WebHook", "address": receiver.url}});
    let answer = server.call(Method::POST, PATH).token(token).json(&wish).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        yield_now().await;
    }
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_holds_up_nobody_else() {
    let server = TestServer::start_with(patient).await;
    let (mut dead, mut well) = (Receiver::start().await, Receiver::start().await);
    for token in ["demo-alice", "demo-alice-2", "demo-bob", "demo-carol"] {
        for _ in 0..25 {
            subscribe(&server, token, &dead).await;
        }
    }
    subscribe(&server, "demo-alice", &well).await;
    update(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    until(|| dead.waiting() == 4).await;
    assert_eq!(well.told().await["body"]["presenceStatus"], "Busy");
    update(&server, "demo-bob", json!({"userStatus": "Available"})).await;
    assert_eq!(well.told().await["body"]["presenceStatus"], "Available");
    // Whoever subscribes is asked at once, even where others wait.
    subscribe(&server, "demo-carol", &dead).await;
    subscribe(&server, "demo-carol", &well).await;
    assert_eq!(dead.waiting(), 4, "so many at a time");

    // A server that stops waits for those that are under way, and begins no other.
    let hooks = [dead.next().await, dead.next().await, dead.next().await, dead.next().await];
    let stopping = server.stop();
    tokio::pin!(stopping);
    let drained = async {
        // Those that wait give up first: afterwards answers make room for nobody.
        for _ in 0..1_000 {
            yield_now().await;
        }
    };
    tokio::select! {
        () = &mut stopping => panic!("it does not wait"),
        () = drained => {}
    }
    for hook in hooks {
        hook.answer(200);
    }
    stopping.await;
    assert!(dead.is_quiet(), "nothing was begun");
}

#[tokio::test]
async fn an_owner_has_so_many_under_way() {
    let server = TestServer::start_with(patient).await;
    let mut receivers = Vec::new();
    for _ in 0..6 {
        let receiver = Receiver::start().await;
        for _ in 0..4 {
            subscribe(&server, "demo-alice", &receiver).await;
        }
        receivers.push(receiver);
    }
    let mut well = Receiver::start().await;
    subscribe(&server, "demo-bob", &well).await;
    update(&server, "demo-carol", json!({"userStatus": "Busy"})).await;
    let waiting = |receivers: &[Receiver]| receivers.iter().map(Receiver::waiting).sum::<usize>();
    until(|| waiting(&receivers) == 16).await;
    well.told().await;
    update(&server, "demo-carol", json!({"userStatus": "Available"})).await;
    well.told().await;
    assert_eq!(waiting(&receivers), 16);
    // Each answer makes room for another.
    let busy = receivers.iter_mut().find(|receiver| receiver.waiting() > 0).expect("one of them");
    busy.next().await.answer(200);
    until(|| waiting(&receivers) == 16).await;
}

#[tokio::test]
async fn a_restart_answers_before_its_subscriptions_go_on() {
    let store = SharedStore::default();
    let before = TestServer::start_on(Box::new(store.clone()), patient).await;
    let mut receiver = Receiver::start().await;
    for _ in 0..30 {
        subscribe(&before, "demo-alice", &receiver).await;
    }
    before.stop().await;
    store.hold_reads(true);
    let server = TestServer::start_again(Box::new(store.clone()), patient).await;
    presenced::demo::furnish(&server.app.directory, server.app.service.now()).await.expect("everything");
    assert_eq!(server.call(Method::GET, "/healthz").send().await.status, 200);
    let all = server.admin(Method::GET, "/subscriptions", None).await.json();
    assert_eq!(all["subscriptions"].as_array().map(Vec::len), Some(30), "they are there");
    store.hold_reads(false);
    update(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    for _ in 0..30 {
        assert_eq!(receiver.told().await["body"]["presenceStatus"], "Busy");
    }
}

#[tokio::test]
async fn a_server_stops_while_its_subscriptions_wait_for_the_store() {
    let store = SharedStore::default();
    let before = TestServer::start_on(Box::new(store.clone()), patient).await;
    let receiver = Receiver::start().await;
    subscribe(&before, "demo-alice", &receiver).await;
    before.stop().await;
    store.hold_reads(true);
    TestServer::start_again(Box::new(store), patient).await.stop().await;
}
