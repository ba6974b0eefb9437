//! How long an answer takes does not tell who exists: what changes nothing is not written.

use presenced::store::EmbeddedStore;
use reqwest::Method;
use serde_json::json;

use crate::{
    store::disk,
    support::{ALICE, BOB, CAROL, TestServer, status_path},
};

const NOBODY: &str = "@nobody:example.com";

#[tokio::test]
async fn somebody_and_nobody_take_as_long() {
    let folder = tempfile::tempdir().expect("a folder");
    let store: EmbeddedStore = disk::over(folder.path()).expect("it opens");
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    let observers = |user: &str| format!("/presenced/v1/users/{ALICE}/observers/{user}");
    let list = format!("/_matrix/client/r0/presence/list/{ALICE}");
    let drop = |user: &str| (Method::POST, list.clone(), json!({"invite": [], "drop": [user]}));
    let own = |path: &str| format!("/presenced/v1/users/{path}");
    let pairs = [
        // carol and bob exist; carol shares no room with alice, and none of them asked to see her.
        [BOB, NOBODY].map(|user| (Method::PUT, observers(user), json!(null))),
        [CAROL, NOBODY].map(|user| (Method::PUT, observers(user), json!(null))),
        [CAROL, NOBODY].map(|user| (Method::DELETE, observers(user), json!(null))),
        [CAROL, NOBODY].map(drop),
        [CAROL, NOBODY].map(|user| (Method::GET, status_path(user), json!(null))),
        [CAROL, NOBODY].map(|user| (Method::PUT, status_path(user), json!({"presence": "online"}))),
        [CAROL, NOBODY]
            .map(|user| (Method::PUT, own(&format!("{user}/settings")), json!({"override": "busy"}))),
        ["3", "9999"].map(|id| {
            (Method::GET, format!("/restapi/v1.0/account/~/extension/{id}/presence/line"), json!(null))
        }),
        ["3", "9999"].map(|id| {
            (Method::PUT, format!("/restapi/v1.0/account/~/extension/{id}/presence"), json!({"message": "x"}))
        }),
        ["@carol", "@nobody"].map(|name| (Method::PUT, format!("/v0/users/{name}/presence"), json!({}))),
    ];
    for pair in pairs {
        let before = server.commits();
        for (method, path, body) in pair {
            let call = server.call(method, &path).token("demo-alice").json(&body);
            let status = call.send_undocumented().await.status;
            assert!(!status.is_server_error(), "{path} {status}");
            assert_eq!(server.commits(), before, "{path} was waited for");
        }
    }
    // Whom a list names is written down, whether they exist or not.
    for user in [CAROL, NOBODY] {
        let before = server.commits();
        let call = server.call(Method::POST, &list).token("demo-alice");
        let answer = call.json(&json!({"invite": [user], "drop": []})).send().await;
        assert_eq!((answer.status.as_u16(), server.commits()), (200, before + 1), "{user}");
    }
}
