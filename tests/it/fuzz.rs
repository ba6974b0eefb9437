//! Ten thousand random and mutated requests: never a server error, never an answer that is not in the
//! documents.

use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use reqwest::{Method, header::HeaderValue};

use crate::support::TestServer;

const REQUESTS: u32 = 10_000;

#[derive(Clone, Debug)]
struct Request {
    method: Method,
    path: String,
    authorization: Option<Vec<u8>>,
    body: Vec<u8>,
}

fn method() -> impl Strategy<Value = Method> {
    let usual =
        select(vec![Method::GET, Method::PUT, Method::PUT, Method::POST, Method::DELETE, Method::HEAD]);
    let odd = select(vec![Method::PATCH, Method::OPTIONS, Method::TRACE]);
    prop_oneof![9 => usual, 1 => odd]
}

fn id() -> impl Strategy<Value = String> {
    let known = select(vec![
        "@alice:example.com",
        "%40bob%3Aexample.com",
        "@carol:example.com",
        "@:example.com",
        "@alice",
        "",
        "!lobby:example.com",
        "%ff",
        "%00",
        "@%2F:example.com",
        "0f1e2d3c4b5a6978",
        "me",
        "1",
        "@BOB",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "[a-z@:!%.~ -]{0,12}".prop_map(|text| text.replace(' ', "%20"))]
}

/// All but the change stream, which does not end.
fn path() -> impl Strategy<Value = String> {
    let templates = select(vec![
        "/_matrix/client/v3/presence/ID/status",
        "/_matrix/client/v3/presence/ID/status",
        "/_matrix/client/r0/presence/ID/status",
        "/_matrix/client/unstable/presence/ID/status",
        "/_matrix/client/api/v1/presence/ID/status",
        "/_matrix/client/r0/presence/list/ID",
        "/_matrix/client/versions",
        "/_matrix/client/v3/ID",
        "/presenced/v1/users",
        "/presenced/v1/users/ID",
        "/presenced/v1/users/ID/tokens",
        "/presenced/v1/users/ID/tokens/ID",
        "/presenced/v1/users/ID/presence",
        "/presenced/v1/users/ID/settings",
        "/presenced/v1/users/ID/presence-list",
        "/presenced/v1/users/ID/observers/ID",
        "/presenced/v1/app-tokens",
        "/presenced/v1/app-tokens/ID",
        "/presenced/v1/rooms",
        "/presenced/v1/rooms/ID/members",
        "/presenced/v1/presence/query",
        "/presenced/v1/heartbeats",
        "/presenced/v1/ID",
        "/presenced",
        "/presenced/",
        "/_matrix/client/v3/user/ID/filter",
        "/_matrix/client/r0/user/ID/filter/ID",
        "/_matrix/client/v3/sync",
        "/_matrix/client/v3/account/whoami",
        "/_matrix/client/v3/login",
        "/restapi/v1.0/account/~/presence",
        "/restapi/v1.0/account/ID/presence",
        "/restapi/v1.0/account/~/extension/ID/presence",
        "/restapi/v1.0/account/1/extension/~/presence",
        "/restapi/v1.0/account/1/extension/1,ID/presence",
        "/restapi/v1.0/ID",
        "/restapi/oauth/token",
        "/restapi/oauth/revoke",
        "/presenced/v1/users/ID/calls/ID",
        "/v0/presence",
        "/v0/presence/ID",
        "/v0/users/ID/presence",
        "/v1/users/ID/presence",
        "/v0/users/ID",
        "/v0/token",
        "/v1/ID",
        "/healthz",
        "/readyz",
    ]);
    let query = prop_oneof![
        6 => Just(String::new()),
        1 => "[a-z_=&%0-9]{0,20}".prop_map(|text| format!("?{text}")),
        1 => select(vec!["?access_token=demo-bob", "?limit=1&after=@b", "?limit=x", "?access_token=%ff", "?since=p1", "?since=x&timeout=5", "?filter=%7B%7D&set_presence=online", "?update_presence=here", "?update_presence=%ff&presence=1", "?presence=offline"]).prop_map(str::to_owned),
    ];
    (templates, id(), query).prop_map(|(template, id, query)| template.replace("ID", &id) + &query)
}

fn authorization() -> impl Strategy<Value = Option<Vec<u8>>> {
    let tokens =
        select(vec!["demo-alice", "demo-bob-2", "demo-carol", "demo-admin", "demo-admin", "nonsense"]);
    prop_oneof![
        8 => tokens.prop_map(|token| Some(format!("Bearer {token}").into_bytes())),
        1 => Just(None),
        1 => vec(any::<u8>(), 0..20).prop_map(Some),
    ]
}

/// Bodies that operations take, cut and changed in places.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let valid = select(vec![
        r#"{"presence": "online", "status_msg": "I am here."}"#,
        r#"{"presence": "offline"}"#,
        r#"{"number": 7, "displayName": "D", "account": 1, "extensionNumber": "107"}"#,
        r#"{"deviceId": "PHONE", "scopes": ["read"], "guest": false, "expiresInSeconds": 5}"#,
        r#"{"members": ["@alice:example.com"]}"#,
        r#"{"users": ["@alice:example.com", "@bob:example.com"]}"#,
        r#"{"invite": ["@alice:example.com", ""], "drop": ["@bob:example.com"]}"#,
        r#"{"override": "busy", "hidden": true}"#,
        r#"{"heartbeats": [{"userId": "@alice:example.com", "deviceId": "D", "state": "online"}, {"userId": "", "deviceId": "", "state": ""}]}"#,
        r#"{"presence": "online", "status_msg": null}"#,
        r#"{"userStatus": "Busy", "message": "lunch", "dndStatus": "TakeAllCalls", "allowSeeMyPresence": true}"#,
        r#"{"direction": "Inbound", "telephonyStatus": "Ringing", "from": "101", "startedAt": 1}"#,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=demo-bob&client_id=c",
        "grant_type=refresh_token&refresh_token=x&client_id=c",
        "presence=keep well",
        "{}",
        "[]",
        "null",
        "",
    ]);
    let mutated = (valid.clone(), vec((any::<prop::sample::Index>(), any::<u8>()), 0..3), any::<bool>());
    prop_oneof![
        3 => valid.prop_map(|text| text.as_bytes().to_vec()),
        3 => mutated.prop_map(|(text, changes, cut)| {
            let mut bytes = text.as_bytes().to_vec();
            for (place, byte) in changes {
                if bytes.is_empty() { break }
                let place = place.index(bytes.len());
                bytes[place] = byte;
                if cut { bytes.truncate(place) }
            }
            bytes
        }),
        1 => vec(any::<u8>(), 0..200),
        1 => (1_000_usize..70_000).prop_map(|length| {
            format!(r#"{{"presence": "online", "status_msg": "{}"}}"#, "x".repeat(length)).into_bytes()
        }),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    (method(), path(), authorization(), body()).prop_map(|(method, path, authorization, body)| Request {
        method,
        path,
        authorization,
        body,
    })
}

#[test]
fn never_a_server_error_and_never_undocumented() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(TestServer::start());
    let mut runner =
        TestRunner::new(Config { cases: REQUESTS, failure_persistence: None, ..Config::default() });
    let verdict = runner.run(&request(), |request| {
        let sendable =
            request.authorization.as_deref().is_none_or(|value| HeaderValue::from_bytes(value).is_ok());
        prop_assume!(sendable, "no client could send this header");
        // Two dots in place of an id lead a client out of the dialect.
        let url = reqwest::Url::parse(&format!("http://x{}", request.path));
        prop_assume!(url.is_ok_and(|url| url.path() != "/"), "a page is no operation");
        let mut call = server.call(request.method.clone(), &request.path).body(request.body).leniently();
        if let Some(value) = request.authorization {
            call = call.header("authorization", value);
        }
        let (answer, verdict) = runtime.block_on(call.send_judged());
        prop_assert!(!answer.status.is_server_error(), "{}", answer.line());
        prop_assert!(verdict.is_ok(), "{}: {verdict:?}", answer.line());
        Ok(())
    });
    if let Err(failure) = verdict {
        panic!("{failure}");
    }
}
