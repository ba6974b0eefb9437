//! Servers on an engine that they share, as processes of their own.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use super::{reload::Place, run, shown};
use crate::support::{
    engine::{RedisServer, free_port, until},
    figure,
    receiver::Receiver,
    secrets,
};

/// The admin token of all.
const ADMIN: &str = "an-admin-token-that-all-servers-know";

/// A place with the configuration of servers on an engine.
fn place(engine: &RedisServer) -> Place {
    let place = Place::new("");
    let token = place.path("admin");
    secrets::note(ADMIN);
    fs::write(&token, ADMIN).expect("a file");
    place.write(&format!(
        "[server]\nname = \"example.com\"\ndialects = [\"matrix\", \"ringcentral\"]\nadmin_token_file = {token:?}\n\
         [store]\nkind = \"redis\"\nurls = [{:?}]\n\
         buckets = 4\nnode_lease_seconds = 4\n[log]\nfilter = \"info\"\n[webhooks]\n\
         allow_networks = [\"127.0.0.0/8\"]\n",
        engine.url()
    ));
    place
}

async fn admin(url: &str, method: Method, path: &str, body: Value) -> Response {
    let call = Client::new().request(method, format!("{url}/presenced/v1{path}")).bearer_auth(ADMIN);
    call.json(&body).send().await.expect("an answer")
}

/// Makes two users in one room, and returns their tokens.
async fn enroll(url: &str) -> [String; 2] {
    let mut tokens = Vec::new();
    for name in ["alice", "bob"] {
        let path = format!("/users/@{name}:example.com");
        assert_eq!(admin(url, Method::PUT, &path, json!({})).await.status(), 201);
        let token = json!({"deviceId": "PHONE", "scopes": ["read", "write"]});
        let issued = admin(url, Method::POST, &format!("{path}/tokens"), token).await;
        let issued: Value = issued.json().await.expect("JSON");
        tokens.push(issued["token"].as_str().expect("a token").to_owned());
    }
    let members = json!({"members": ["@alice:example.com", "@bob:example.com"]});
    let put = admin(url, Method::PUT, "/rooms/!lobby:example.com/members", members).await;
    assert_eq!(put.status(), 200);
    for token in &tokens {
        secrets::note(token);
    }
    tokens.try_into().expect("two")
}

const STATUS: &str = "_matrix/client/v3/presence/@alice:example.com/status";

async fn set(url: &str, token: &str, text: &str) -> Response {
    let body = json!({"presence": "online", "status_msg": text});
    Client::new()
        .put(format!("{url}/{STATUS}"))
        .bearer_auth(token)
        .json(&body)
        .send()
        .await
        .expect("an answer")
}

async fn get(url: &str, token: &str) -> Response {
    Client::new().get(format!("{url}/{STATUS}")).bearer_auth(token).send().await.expect("an answer")
}

async fn shows(url: &str, token: &str) -> Value {
    let answer = get(url, token).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("JSON")
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let place = Place::new("[store]\nkind = \"redis\"\nurls = [\"redis://127.0.0.1:1\"]\n");
    let file = place.path("config.toml");
    let refused = [
        shown(&run(&["serve", "--config", &file])),
        shown(&run(&["serve", "--demo", "--listen", "127.0.0.1:0", "--config", &file])),
    ];
    let mut refused = refused.concat();
    for (urls, more) in
        [("[]", ""), ("[\"http://127.0.0.1\"]", ""), ("[\"redis://127.0.0.1\"]", "confirm = \"some\"\n")]
    {
        place.write(&format!("[store]\nkind = \"redis\"\nurls = {urls}\n{more}"));
        refused += &shown(&run(&["config", "check", "--config", &file]));
    }
    let refused = refused.replace(&file, "FILE");
    insta::assert_snapshot!(refused, @r#"
    exit 2
    presenced: configuration: server.admin_token_file has to name a file with the admin token, the same on all servers: with store.kind = "redis" none is made
    exit 2
    presenced: the demo keeps nothing in an engine; leave store.kind = "redis" out
    exit 2
    presenced: configuration: store.urls (FILE, line 3): has to name the engine, since store.kind is "redis"
    exit 2
    presenced: configuration: store.urls[0] (FILE, line 3): has to be redis://HOST:PORT, or rediss://HOST:PORT
    exit 2
    presenced: configuration: store.confirm = "some" (FILE, line 4): has to be "auto", or "0" to "16"
    "#);
}

/// A recipe of `deploy/`, all of its documents.
fn recipe(name: &str) -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    let text = fs::read_to_string(file).expect("the recipe");
    text.split("\n---\n").map(|part| yaml_serde::from_str(part).expect("YAML")).collect()
}

#[test]
fn what_the_recipes_configure_is_valid() {
    let place = Place::new("");
    for name in ["admin-token", "engine-password"] {
        fs::write(place.path(name), "secret").expect("a file");
    }
    let folder = Path::new(&place.path("x")).parent().expect("a folder").to_str().expect("a path").to_owned();
    let manifests = recipe("kubernetes.yaml");
    let text = manifests[0]["data"]["presenced.toml"].as_str().expect("a configuration");
    place.write(&text.replace("/run/secrets/presenced", &folder));
    assert_eq!(
        shown(&run(&["config", "check", "--config", &place.path("config.toml")])).lines().next(),
        Some("exit 0")
    );
    let compose = recipe("compose.yaml");
    let environment = compose[0]["x-presenced"]["environment"].as_object().expect("variables");
    let mut check = super::presenced(&["config", "check"]);
    check.envs(environment.iter().map(|(key, value)| (key, value.as_str().expect("a text"))));
    assert_eq!(shown(&check.output().expect("the binary runs")).lines().next(), Some("exit 0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn two_servers_behave_as_one_and_one_stands_in_for_the_other() {
    let engine = RedisServer::start().await;
    let place = place(&engine);
    let (mut one, mut other) = (place.start(&[]), place.start(&[]));
    let (first, second) = (one.url(), other.url());
    let [alice, bob] = enroll(&first).await;
    until("the other knows them", async || get(&second, &bob).await.status() == 200).await;
    assert_eq!(set(&first, &alice, "here").await.status(), 200);
    until("the other shows it", async || shows(&second, &bob).await["status_msg"] == "here").await;
    // A connection that one holds ends after its death, with the grace.
    let stream = Client::new().get(format!("{first}/presenced/v1/changes?state=online")).bearer_auth(&alice);
    let stream = stream.send().await.expect("a stream");
    assert_eq!(stream.status(), 200);
    one.ended_by_kill();
    let lines = other.line_with("all connections of the node that is gone have ended");
    assert!(lines.contains("node="), "{lines}");
    assert_eq!(shows(&second, &bob).await["presence"], "online", "until the end of the grace");
    assert!(!Path::new(&place.path("data")).exists(), "there is no data folder");
    drop(other);
}

/// Has a receiver be told of alice: in presenced's own API an application's, in RingCentral's bob's.
async fn subscribe(url: &str, bob: &str, receiver: &Receiver, is_native: bool) {
    let (path, token, wish) = if is_native {
        let users = json!(["@alice:example.com"]);
        ("presenced/v1/webhooks", ADMIN, json!({"url": receiver.url, "users": users}))
    } else {
        let filters = json!(["/restapi/v1.0/account/~/extension/1/presence"]);
        let delivery = json!({"transportType": "WebHook", "address": receiver.url});
        ("restapi/v1.0/subscription", bob, json!({"eventFilters": filters, "deliveryMode": delivery}))
    };
    let call = Client::new().post(format!("{url}/{path}")).bearer_auth(token).json(&wish);
    let made = call.send().await.expect("an answer");
    assert!(made.status().is_success(), "{}", made.text().await.expect("a text"));
    let made: Value = made.json().await.expect("JSON");
    made["secret"].as_str().into_iter().for_each(secrets::note);
}

/// What a receiver is told of alice next that is not what it was told before.
async fn told(receiver: &mut Receiver, before: &str) -> String {
    loop {
        let body = receiver.told().await;
        let state = body["data"]["users"][0]["state"].as_str().or(body["body"]["userStatus"].as_str());
        // The two have other words for it.
        let state = state.expect("a state").to_lowercase().replace("online", "available");
        if state != before {
            return state;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn webhooks_of_both_kinds_go_on_when_a_server_dies() {
    let engine = RedisServer::start().await;
    let place = place(&engine);
    let (mut one, mut other) = (place.start(&[]), place.start(&[]));
    let (first, second) = (one.url(), other.url());
    let [alice, bob] = enroll(&first).await;
    for (name, short) in [("alice", "101"), ("bob", "102")] {
        let extension = json!({"account": 1, "extensionNumber": short});
        let path = format!("/users/@{name}:example.com");
        assert_eq!(admin(&first, Method::PUT, &path, extension).await.status(), 200);
    }
    let choose = async |url: &str, state: &str| {
        let call = Client::new().put(format!("{url}/restapi/v1.0/account/~/extension/~/presence"));
        let answer = call.bearer_auth(&alice).json(&json!({"userStatus": state})).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 200, "{}", answer.text().await.expect("a text"));
    };
    assert_eq!(set(&first, &alice, "here").await.status(), 200);
    until("the other knows them", async || get(&second, &bob).await.status() == 200).await;
    until("the other shows it", async || shows(&second, &bob).await["presence"] == "online").await;
    // So many that each server has some to deliver.
    let mut receivers = Vec::new();
    for number in 0..12 {
        let receiver = Receiver::start().await;
        subscribe(&first, &bob, &receiver, number % 2 == 0).await;
        receivers.push(receiver);
    }
    choose(&first, "Busy").await;
    for receiver in &mut receivers {
        assert_eq!(told(receiver, "available").await, "busy");
    }
    one.ended_by_kill();
    let begun = now();
    choose(&second, "Available").await;
    for receiver in &mut receivers {
        assert_eq!(told(receiver, "busy").await, "available");
    }
    figure(&format!("all webhooks went on {:.1?} after the death of a server", now().duration_since(begun)));
    assert!(now().duration_since(begun) < Duration::from_secs(50), "ten times what it takes");
    choose(&second, "Busy").await;
    for receiver in &mut receivers {
        assert_eq!(told(receiver, "available").await, "busy");
    }
    drop(other);
}

#[expect(clippy::disallowed_methods, reason = "how long a server is stood in for is measured")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn an_engine_may_speak_tls_and_want_a_password() {
    let place = Place::new("");
    let [certificate, key, password, token] =
        ["chain.pem", "key.pem", "password", "admin"].map(|name| place.path(name));
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    fs::write(&key, pair.signing_key.serialize_pem()).expect("a file");
    fs::write(&certificate, pair.cert.pem()).expect("a file");
    fs::write(&password, "what the engine wants\n").expect("a file");
    fs::write(&token, ADMIN).expect("a file");
    secrets::note(ADMIN);
    secrets::note("what the engine wants");
    let port = free_port().to_string();
    let settings = [
        ["--tls-port", &port],
        ["--tls-cert-file", &certificate],
        ["--tls-key-file", &key],
        ["--tls-ca-cert-file", &certificate],
        ["--tls-auth-clients", "no"],
        ["--requirepass", "what the engine wants"],
    ];
    let _engine = RedisServer::start_with(settings.as_flattened()).await;
    let configure = |password: &str| {
        place.write(&format!(
            "[server]\nname = \"example.com\"\nadmin_token_file = {token:?}\n[store]\nkind = \"redis\"\n\
             urls = [\"rediss://localhost:{port}\"]\n{password}"
        ));
    };
    configure(&format!("password_file = {password:?}\n"));
    let mut server = place.start(&[("SSL_CERT_FILE", &certificate)]);
    let url = server.url();
    let [alice, _] = enroll(&url).await;
    assert_eq!(set(&url, &alice, "here").await.status(), 200);
    drop(server);
    configure("");
    let (code, log) = place.start(&[("SSL_CERT_FILE", &certificate)]).ended();
    assert!(code == Some(2) && log.contains("the engine at rediss://localhost:"), "{log}");
    // A certificate that nobody vouches for.
    configure(&format!("password_file = {password:?}\n"));
    let (code, log) = place.start(&[]).ended();
    assert!(code == Some(2) && log.contains("the engine at rediss://localhost:"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn an_engine_that_is_gone_is_told_and_comes_back() {
    let engine = RedisServer::start().await;
    let place = place(&engine);
    let mut server = place.start(&[]);
    let url = server.url();
    let [alice, bob] = enroll(&url).await;
    assert_eq!(set(&url, &alice, "here").await.status(), 200);
    assert_eq!(shows(&url, &bob).await["status_msg"], "here");
    engine.signal("STOP");
    let ready = async || Client::new().get(format!("{url}/readyz")).send().await.expect("an answer");
    until("it is not ready", async || ready().await.status() == 503).await;
    let why = ready().await.text().await.expect("a text");
    assert!(why.contains("the engine does not answer"), "{why}");
    let held = get(&url, &bob).await;
    assert_eq!(held.status(), 200);
    assert!(held.headers().contains_key("age"), "{:?}", held.headers());
    let refused = set(&url, &alice, "elsewhere").await;
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    engine.signal("CONT");
    until("it is ready again", async || ready().await.status() == 200).await;
    until("it takes writes again", async || set(&url, &alice, "back").await.status() == 200).await;
    let read = get(&url, &bob).await;
    assert!(!read.headers().contains_key("age"));
    assert_eq!(read.json::<Value>().await.expect("JSON")["status_msg"], "back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn what_is_kept_moves_into_an_engine_and_out_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let export = |url: &str, token: &str, file: &str| {
        shown(&run(&["export", "--url", url, "--token", token, "--output", file]))
    };
    // From a data folder into an engine.
    let (demo, url) = super::data::start(&folder.path().join("data"));
    assert_eq!(super::data::put(&url, "here to stay").await.expect("an answer"), 200);
    assert_eq!(export(&url, "demo-admin", &path("one.jsonl")), "exit 0\n");
    assert_eq!(demo.end("TERM").0, Some(0));
    let engine = RedisServer::start().await;
    let place = place(&engine);
    let config = place.path("config.toml");
    let import = || shown(&run(&["import", &path("one.jsonl"), "--config", &config]));
    assert_eq!(import(), "exit 0\n13 lines were imported into the engine\n");
    let refused = import();
    assert!(refused.starts_with("exit 2\npresenced: the engine has data already"), "{refused}");
    let mut server = place.start(&[]);
    let url = server.url();
    assert_eq!(shows(&url, "demo-bob").await["status_msg"], "here to stay");
    // And back.
    assert_eq!(export(&url, ADMIN, &path("other.jsonl")), "exit 0\n");
    drop(server);
    let sorted = |name: &str| {
        let text = fs::read_to_string(path(name)).expect("an export");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    assert_eq!(sorted("one.jsonl"), sorted("other.jsonl"));
    let again = run(&["import", &path("other.jsonl"), "--data", &path("again")]);
    assert_eq!(again.status.code(), Some(0));
}
