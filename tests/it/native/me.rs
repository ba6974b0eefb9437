//! `me` in a path: the caller, wherever it has a user's id.

use super::{
    refusing::{Operation, ask, furnish},
    service_token,
};
use crate::support::{ALICE, TestServer};

/// The operations whose paths name a user, by that id or as `me`.
fn of_a_user(operations: Vec<Operation>, named: &str) -> Vec<Operation> {
    let about = operations.into_iter().filter(|(_, _, path, _)| path.contains("/users/@") || is_member(path));
    let about = about.map(|(id, method, path, body)| {
        let path = match path.rsplit_once('/') {
            Some((members, _)) if is_member(&path) => format!("{members}/{named}"),
            _ => path.replace(ALICE, named),
        };
        (id, method, path, body)
    });
    about.collect()
}

fn is_member(path: &str) -> bool {
    path.contains("/members/@")
}

#[tokio::test]
async fn it_is_the_user_whose_token_it_is() {
    let (one, other) = (TestServer::start().await, TestServer::start().await);
    let by_id = of_a_user(furnish(&one).await, ALICE);
    let by_me = of_a_user(furnish(&other).await, "me");
    assert!(by_id.len() > 15, "{}", by_id.len());
    for (by_id, by_me) in by_id.into_iter().zip(by_me) {
        assert_ne!(by_id.2, by_me.2);
        let what = by_id.0;
        let answers = (ask(&one, by_id, "demo-alice").await, ask(&other, by_me, "demo-alice").await);
        assert_eq!(answers.0.line(), answers.1.line(), "{what}");
    }
}

#[tokio::test]
async fn whose_token_is_no_users_is_nobody() {
    let server = TestServer::start().await;
    let backend = service_token(&server, &["read", "write", "gateway"]).await;
    for operation in of_a_user(furnish(&server).await, "me") {
        for token in ["demo-admin", &backend] {
            let (what, answer) = (operation.0, ask(&server, operation.clone(), token).await);
            assert_eq!(answer.status, 403, "{what} {token}: {}", answer.text);
        }
    }
    assert_eq!(server.presence("demo-alice", ALICE).await.status, 200, "she is still there");
}
