//! Two worlds that differ in what strangers do: whoever shares nothing with them can't tell which one it is.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*, sample::select};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::{NOBODY, sync::sync};
use crate::support::{ALICE, Answer, BOB, CAROL, EventStream, TestServer, seconds};

/// A stranger besides carol, who has no token.
const DAVE: &str = "@dave:example.com";

/// Where strangers meet, and where they don't.
const ROOMS: [&str; 2] = ["!secret:example.com", "!other:example.com"];

/// What somebody does, or what is done about them.
#[derive(Clone, Debug)]
enum Deed {
    Say(&'static str, Value),
    End(&'static str),
    Activity(&'static str),
    Set(&'static str, Value),
    Matrix(&'static str, Value),
    Beat(&'static str, Value),
    Join(&'static str, &'static str),
    Leave(&'static str, &'static str),
}

/// Something that happens in both worlds, or that strangers do in one of them.
#[derive(Clone, Debug)]
enum Step {
    Open(Deed),
    Secret(Deed),
    Wait(u64),
}

fn said() -> impl Strategy<Value = Value> {
    let state = select(vec!["online", "unavailable", "busy", "offline"]);
    let status =
        select(vec![Value::Null, json!({"text": "x"}), json!({"text": "y", "expiresInSeconds": 30})]);
    (state, status, select(vec!["web", "ios"]), select(vec!["A", "B"]), select(vec![20, 400])).prop_map(
        |(state, status, label, device, lease)| match state {
            "offline" => json!({"state": state, "status": status, "deviceId": device}),
            _ => json!({"state": state, "status": status, "label": label, "deviceId": device, "leaseSeconds": lease}),
        },
    )
}

fn deed(users: Vec<&'static str>, rooms: Vec<&'static str>) -> impl Strategy<Value = Deed> {
    let user = move || select(users.clone());
    let room = move || select(rooms.clone());
    let settings = select(vec![
        json!({"override": "busy"}),
        json!({"override": "invisible"}),
        json!({"hidden": true}),
        json!({"override": "none", "hidden": false}),
    ]);
    let matrix = select(vec![
        json!({"presence": "online", "status_msg": "of matrix"}),
        json!({"presence": "unavailable"}),
        json!({"presence": "offline"}),
    ]);
    let beat = select(vec!["online", "busy", "offline"]).prop_map(|state| json!({ "state": state }));
    let with_token = user().prop_filter("a token", |user| *user != DAVE).boxed();
    prop_oneof![
        3 => (user(), said()).prop_map(|(user, said)| Deed::Say(user, said)),
        1 => user().prop_map(Deed::End),
        2 => with_token.clone().prop_map(Deed::Activity),
        2 => (user(), settings).prop_map(|(user, settings)| Deed::Set(user, settings)),
        2 => (with_token, matrix).prop_map(|(user, body)| Deed::Matrix(user, body)),
        1 => (user(), beat).prop_map(|(user, beat)| Deed::Beat(user, beat)),
        2 => (user(), room()).prop_map(|(user, room)| Deed::Join(user, room)),
        1 => (user(), room()).prop_map(|(user, room)| Deed::Leave(user, room)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => deed(vec![ALICE, BOB], vec!["!open:example.com"]).prop_map(Step::Open),
        6 => deed(vec![CAROL, DAVE], ROOMS.to_vec()).prop_map(Step::Secret),
        1 => select(vec![1, 30, 60, 301, 901]).prop_map(Step::Wait),
    ]
}

fn token(user: &str) -> String {
    let name = user.trim_start_matches('@').split(':').next().expect("a name");
    format!("demo-{name}")
}

impl Deed {
    async fn done(&self, server: &TestServer) -> Answer {
        let presence = |user: &str| format!("/users/{user}/presence");
        let member = |room: &str, user: &str| format!("/rooms/{room}/members/{user}");
        match self {
            Self::Say(user, said) => server.admin(Method::PUT, &presence(user), Some(said.clone())).await,
            Self::End(user) => server.admin(Method::DELETE, &(presence(user) + "?deviceId=A"), None).await,
            Self::Activity(user) => {
                server.call(Method::POST, "/presenced/v1/activity").token(&token(user)).send().await
            }
            Self::Set(user, settings) => {
                server.admin(Method::PUT, &format!("/users/{user}/settings"), Some(settings.clone())).await
            }
            Self::Matrix(user, body) => server.set_presence(&token(user), user, body.clone()).await,
            Self::Beat(user, beat) => {
                let mut beat = beat.clone();
                (beat["userId"], beat["deviceId"]) = (json!(user), json!("GATEWAY"));
                server.admin(Method::POST, "/heartbeats", Some(json!({ "heartbeats": [beat] }))).await
            }
            Self::Join(user, room) => server.admin(Method::PUT, &member(room, user), None).await,
            Self::Leave(user, room) => server.admin(Method::DELETE, &member(room, user), None).await,
        }
    }
}

/// All that alice can ask.
async fn seen(server: &TestServer) -> Vec<String> {
    let users = [ALICE, BOB, CAROL, DAVE, NOBODY];
    let rooms = ["!lobby:example.com", "!open:example.com", ROOMS[0], ROOMS[1]];
    let get = async |path: String| {
        let call = server.call(Method::GET, format!("/presenced/v1{path}")).token("demo-alice");
        let line = call.send().await.line();
        format!("{path} {line}")
    };
    let mut seen = vec![get("/users/me/rooms".to_owned()).await, get("/users/me/settings".to_owned()).await];
    for user in users {
        seen.push(get(format!("/users/{user}/presence")).await);
        seen.push(server.presence("demo-alice", user).await.line());
    }
    for room in rooms {
        seen.push(get(format!("/rooms/{room}/presence")).await);
        seen.push(get(format!("/rooms/{room}/presence?state=online&state=busy&limit=1")).await);
    }
    let query = json!({"users": users, "rooms": rooms});
    let query = server.call(Method::POST, "/presenced/v1/presence/query").token("demo-alice").json(&query);
    seen.push(query.send().await.line());
    seen.push(sync(server, "demo-alice", "set_presence=offline").await.line());
    seen
}

/// A server where somebody follows changes.
async fn world() -> (TestServer, EventStream) {
    let server = TestServer::start().await;
    server.admin(Method::PUT, &format!("/users/{DAVE}"), Some(json!({}))).await;
    let stream = server.call(Method::GET, "/presenced/v1/changes").token("demo-alice").open().await;
    (server, stream)
}

/// What the stream told last of whom, up to a status of alice's own.
async fn told(server: &TestServer, stream: &mut EventStream) -> BTreeMap<String, Value> {
    let settings = json!({"override": "none", "hidden": false});
    Deed::Set(ALICE, settings).done(server).await;
    Deed::Say(ALICE, json!({"state": "online", "status": {"text": "the end"}})).done(server).await;
    let mut told = BTreeMap::new();
    loop {
        let data = stream.event().await.data;
        // Who may no longer be seen is told of several at once.
        for user in data["users"].as_array().into_iter().flatten() {
            told.insert(user.to_string(), Value::Null);
        }
        let is_last = data["status"] == "the end";
        if data["userId"].is_string() {
            told.insert(data["userId"].to_string(), data);
        }
        if is_last {
            return told;
        }
    }
}

async fn look_the_same(one: &TestServer, other: &TestServer) -> Result<(), TestCaseError> {
    for server in [one, other] {
        server.advance(seconds(1)).await;
    }
    for (one, other) in seen(one).await.into_iter().zip(seen(other).await) {
        prop_assert_eq!(one, other);
    }
    Ok(())
}

async fn run(steps: &[Step]) -> Result<(), TestCaseError> {
    let ((quiet, mut of_quiet), (lively, mut of_lively)) = (world().await, world().await);
    for (place, step) in steps.iter().enumerate() {
        match step {
            Step::Open(deed) => {
                let answers = (deed.done(&quiet).await, deed.done(&lively).await);
                prop_assert_eq!(answers.0.line(), answers.1.line());
            }
            Step::Secret(deed) => {
                let answer = deed.done(&lively).await;
                prop_assert!(answer.status.is_success(), "{}", answer.line());
            }
            Step::Wait(time) => {
                quiet.advance(seconds(*time)).await;
                lively.advance(seconds(*time)).await;
            }
        }
        if place == steps.len() / 2 {
            look_the_same(&quiet, &lively).await?;
        }
    }
    look_the_same(&quiet, &lively).await?;
    let told = (told(&quiet, &mut of_quiet).await, told(&lively, &mut of_lively).await);
    prop_assert_eq!(told.0, told.1);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn what_strangers_do_is_seen_nowhere(steps in vec(step(), 4..24)) {
        Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(run(&steps))?;
    }
}
