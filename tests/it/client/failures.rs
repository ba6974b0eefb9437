//! Calls that are refused, that take too long, that are given up, and that nobody answers.

use std::time::Duration;

use presenced::{
    api::{
        matrix::types as matrix,
        pnut::types as pnut,
        presenced::types::{PresenceQuery, PresenceState, PresenceUpdate, TokenRequest, UserProfile},
        ringcentral::config::RingCentral,
    },
    client::{Client, Error, StatusCode, Told, ringcentral::Calls},
};

use super::{client, news::Fake};
use crate::support::{ALICE, BOB, FaultyStore, TestServer};

/// The kind of a problem, with its status.
fn problem(error: &Error) -> String {
    match error.refusal().map(|refusal| (refusal.status.as_u16(), &refusal.told)) {
        Some((status, Told::Presenced(problem))) => {
            assert_eq!(problem.status, status);
            format!("{status} {}", problem.kind.trim_start_matches("urn:presenced:problem:"))
        }
        _ => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn refusals_keep_what_the_server_said() {
    let server = TestServer::start().await;
    let (alice, admin) = (client(&server, "demo-alice"), client(&server, "demo-admin"));
    let mut seen = Vec::new();
    seen.push(problem(&Client::new(&server.url).whoami().await.expect_err("there is no token")));
    seen.push(problem(&client(&server, "nonsense").whoami().await.expect_err("it is none")));
    seen.push(problem(&alice.users().send().await.expect_err("she is no admin")));
    seen.push(problem(&alice.user("@nobody:example.com").presence().await.expect_err("there is nobody")));
    seen.push(problem(&alice.user("nobody").presence().await.expect_err("it is no id")));
    seen.push(problem(
        &alice.me().set_presence(PresenceUpdate::default()).await.expect_err("nothing is said"),
    ));
    let taken = UserProfile { number: Some(2), ..UserProfile::default() };
    seen.push(problem(&admin.user("@dave:example.com").put(&taken).await.expect_err("it is bob's")));
    seen.push(problem(&admin.export().await.expect_err("nothing is kept")));
    let long = PresenceQuery::default().users((0..200_000).map(|number| format!("@{number}:example.com")));
    seen.push(problem(&admin.query_presence(&long).await.expect_err("it is too long")));
    insta::assert_snapshot!(seen.join("\n"), @"
    401 missing-token
    401 unknown-token
    403 forbidden
    404 not-found
    400 invalid
    400 invalid
    409 conflict
    409 nothing-kept
    413 too-large
    ");
}

/// Each dialect refuses in its own form, which is told with its status.
#[tokio::test]
async fn every_dialect_refuses_in_its_form() {
    let server = TestServer::start_with(|config| {
        let ringcentral = config.section_mut::<RingCentral>();
        (ringcentral.rate_limits, ringcentral.light_per_minute) = (true, 4);
    })
    .await;
    let (alice, carol, nobody) =
        (client(&server, "demo-alice"), client(&server, "demo-carol"), client(&server, "nonsense"));
    let (calls, online) = (Calls::default(), matrix::PresenceState::Online);
    let long = matrix::PresenceUpdate::from(online).message("x".repeat(2_000));
    let refused = [
        nobody.matrix().presence(ALICE).await.map(drop),
        alice.matrix().presence("alice").await.map(drop),
        carol.matrix().presence(ALICE).await.map(drop),
        alice.matrix().set_presence(BOB, online).await,
        alice.matrix().set_presence(ALICE, long).await,
        nobody.pnut().all().await.map(drop),
        alice.pnut().presence(99).await.map(drop),
        alice.pnut().set_presence(2, &pnut::PresenceUpdate::from("here")).await.map(drop),
        alice.pnut().set_presence(1, &pnut::PresenceUpdate::from("x".repeat(101).as_str())).await.map(drop),
        nobody.ringcentral().presence(1, calls).await.map(drop),
        alice.ringcentral().account(2).presence(1, calls).await.map(drop),
        alice.ringcentral().presence(99, calls).await.map(drop),
        alice.ringcentral().monitored(2).await.map(drop),
        alice.ringcentral().monitor("~", [99]).await.map(drop),
        alice.ringcentral().queue_presence(1).await.map(drop),
        alice.ringcentral().presence(1, calls).await.map(drop),
    ];
    let said = refused.into_iter().map(|refused| {
        let error = refused.expect_err("it is refused");
        let refusal = error.refusal().expect("a refusal");
        let code = match &refusal.told {
            Told::Matrix(told) => told.errcode.clone(),
            Told::Pnut(told) => format!("pnut {}", told.code),
            Told::RingCentral(told) => told.error_code.to_string(),
            other => panic!("{other:?}"),
        };
        format!("{} {code} {}", refusal.status.as_u16(), refusal.retry_after.is_some())
    });
    insta::assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @"
    401 M_UNKNOWN_TOKEN false
    400 M_INVALID_PARAM false
    403 M_FORBIDDEN false
    403 M_FORBIDDEN false
    413 M_TOO_LARGE false
    401 pnut 401 false
    404 pnut 404 false
    403 pnut 403 false
    400 pnut 400 false
    401 TokenInvalid false
    404 CMN-102 false
    404 CMN-102 false
    403 CMN-404 false
    400 InvalidParameter false
    404 CMN-102 false
    429 CMN-301 true
    ");
}

/// A user who sets presence too often, and a server whose store fails.
#[tokio::test]
async fn how_long_to_wait() {
    let server = TestServer::start_with(|config| config.limits.put_per_second = 1.0).await;
    let alice = client(&server, "demo-alice");
    let mut refused = Vec::new();
    for _ in 0..30 {
        refused.extend(alice.matrix().set_presence(ALICE, matrix::PresenceState::Online).await.err());
    }
    let refused = refused.first().expect("a limit");
    assert_eq!((refused.status(), refused.may_pass()), (Some(StatusCode::TOO_MANY_REQUESTS), true));
    assert!(refused.retry_after().is_some_and(|wait| wait <= Duration::from_secs(1)), "{refused:?}");
    let native = alice.me().set_presence(PresenceState::Online).await.expect_err("a limit");
    assert_eq!(
        (problem(&native), native.retry_after()),
        ("429 too-many-requests".to_owned(), Some(Duration::from_secs(1)))
    );

    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    mood.refuse();
    let failed = client(&server, "demo-alice").me().set_presence(PresenceState::Online).await;
    let failed = failed.expect_err("it cannot be kept");
    assert!(failed.may_pass() && failed.status() == Some(StatusCode::SERVICE_UNAVAILABLE), "{failed:?}");
}

#[tokio::test]
async fn a_call_takes_as_long_as_it_may() {
    let server = TestServer::start().await;
    let slow = client(&server, "demo-alice").prefer("delay=30").timeout(Duration::from_millis(50));
    for error in [
        slow.whoami().await.map(drop).expect_err("it takes long"),
        slow.export().await.map(drop).expect_err("it takes long"),
        slow.changes().open().await.map(drop).expect_err("it takes long"),
        slow.socket().open().await.map(drop).expect_err("it takes long"),
        slow.ringcentral().presence(1, Calls::default()).await.map(drop).expect_err("it takes long"),
    ] {
        assert!(matches!(error, Error::TimedOut { .. }) && error.may_pass(), "{error:?}");
        assert_eq!(error.to_string(), format!("no answer from {} in time", server.url));
    }
}

/// A call whose future is dropped is over, and the client calls on.
#[tokio::test]
async fn a_call_is_given_up() {
    let server = TestServer::start().await;
    let alice = client(&server, "demo-alice");
    let slow = alice.clone().prefer("delay=30");
    let given_up = tokio::time::timeout(Duration::from_millis(20), slow.whoami()).await;
    assert!(given_up.is_err());
    assert_eq!(alice.whoami().await.expect("an answer").user_id.as_deref(), Some(ALICE));
}

#[tokio::test]
async fn nobody_answers() {
    let error = Client::new("http://127.0.0.1:1").whoami().await.expect_err("nobody listens");
    assert_eq!(error.to_string(), "no answer from http://127.0.0.1:1: Connection refused (os error 111)");
    assert!(matches!(error, Error::Unanswered { .. }) && error.may_pass());
}

/// What a proxy says keeps its status and its time, and an answer that is none of presenced is told apart.
#[tokio::test]
async fn others_answer() {
    let proxy =
        Fake::start(|_| (502, vec![("retry-after", "7".to_owned())], "<html>Bad Gateway</html>".to_owned()))
            .await;
    let error = Client::new(&proxy.url).whoami().await.expect_err("it is a proxy");
    let refusal = error.refusal().expect("a refusal");
    assert_eq!(
        (refusal.status, refusal.retry_after),
        (StatusCode::BAD_GATEWAY, Some(Duration::from_secs(7)))
    );
    assert_eq!(refusal.told, Told::Other("<html>Bad Gateway</html>".to_owned()));
    assert_eq!(error.to_string(), format!("{} answers 502 Bad Gateway, not as presenced does", proxy.url));
    let other = Fake::start(|_| (200, vec![], "[]".to_owned())).await;
    let error = Client::new(&other.url).whoami().await.expect_err("it is something else");
    assert!(matches!(error, Error::Unreadable { .. }) && !error.may_pass(), "{error:?}");
}

/// The token is in no text that is made of a client or an error.
#[tokio::test]
async fn tokens_are_not_shown() {
    let client = Client::new("http://127.0.0.1:1").token("a-secret");
    let error = client.user(BOB).create_token(&TokenRequest::new("PHONE")).await.expect_err("nobody listens");
    let shown = format!("{client:?} {error:?} {error} {:?}", client.changes());
    assert!(!shown.contains("a-secret"), "{shown}");
}
