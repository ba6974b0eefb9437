//! What each call does, and what comes back.

use std::time::{Duration, SystemTime};

use presenced::{
    api::{
        Open,
        matrix::types as matrix,
        pnut::types as pnut,
        presenced::types::{
            AppTokenRequest, CallReport, Heartbeat, HeartbeatOutcome, OverrideName, PresenceQuery,
            PresenceState, PresenceUpdate, Scope, Standing, StatusUpdate, TokenRequest, UserProfile,
            UserSettings, WebhookRequest, WebhookState,
        },
        ringcentral::types::{BatchBody, GetPresenceInfo, PresenceStatus, UserStatus},
        telephony::{Direction, ExtensionType, TelephonyStatus},
    },
    client::{
        StatusCode, Told,
        ringcentral::{Calls, Paging},
    },
};
use serde_json::json;

use super::client;
use crate::{
    store::disk,
    support::{ALICE, BOB, CAROL, START, TestServer, receiver::Receiver, seconds},
};

const LOBBY: &str = "!lobby:example.com";
const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn presence_is_said_and_seen() {
    let server = TestServer::start().await;
    let (alice, bob) = (client(&server, "demo-alice"), client(&server, "demo-bob"));
    let update = PresenceUpdate::from(PresenceState::Busy)
        .status(StatusUpdate::from("lunch").expires_in(HOUR))
        .label("rust")
        .lease(HOUR);
    let said = alice.me().set_presence(update).await.expect("it is said");
    assert_eq!(said, alice.me().presence().await.expect("it is told"));
    assert_eq!(said.status_expires_at, Some((START + HOUR).as_millis()));
    let device = &said.devices.expect("devices")[0];
    assert_eq!((device.label.as_deref(), device.until), (Some("rust"), Some((START + HOUR).as_millis())));
    let seen = bob.user(ALICE).presence().await.expect("it is told");
    assert_eq!((seen.state, seen.status.as_deref()), (PresenceState::Busy.into(), Some("lunch")));

    let cleared = alice.me().set_presence(PresenceUpdate::default().no_status()).await.expect("it is said");
    assert_eq!((cleared.state, cleared.status), (PresenceState::Busy.into(), None));
    alice.me().set_presence(StatusUpdate::from("back")).await.expect("it is said");
    alice.me().end_presence(None).await.expect("it is ended");
    let after = alice.me().presence().await.expect("it is told");
    assert_eq!((after.state, after.status.as_deref()), (PresenceState::Offline.into(), Some("back")));
    alice.be_active(Some("TAB")).await.expect("it is noted");
    alice.me().end_presence(Some("TAB")).await.expect("it is ended");
    alice.be_active(None).await.expect("it is noted");
    assert_eq!(alice.me().presence().await.expect("it is told").state, PresenceState::Online);
}

#[tokio::test]
async fn settings_are_kept() {
    let server = TestServer::start().await;
    let alice = client(&server, "demo-alice");
    let wish = UserSettings { overridden: OverrideName::Busy, hidden: true };
    let set = alice.me().put_settings(&wish).await.expect("they are set");
    assert_eq!(set, alice.me().settings().await.expect("they are told"));
    assert_eq!((set.overridden, set.hidden), (OverrideName::Busy.into(), true));
}

#[tokio::test]
async fn many_users_in_a_call() {
    let server = TestServer::start().await;
    let admin = client(&server, "demo-admin");
    let request = AppTokenRequest::new("backend").scopes(Scope::ALL.iter().copied());
    let backend = client(&server, &admin.create_app_token(&request).await.expect("a token").token);
    let busy = || PresenceUpdate::from(PresenceState::Busy).status("here").device("BOT");
    let done = backend.update_presence([busy().of(ALICE), busy().of("@nobody:example.com")]).await;
    let outcomes: Vec<_> = done.expect("an answer").into_iter().map(|result| result.outcome).collect();
    assert_eq!(outcomes, [HeartbeatOutcome::Accepted, HeartbeatOutcome::UnknownUser].map(Open::from));
    let beats = [
        Heartbeat::new(BOB, "DESK", PresenceState::Online),
        Heartbeat::new("bob", "DESK", PresenceState::Online),
    ];
    let done = backend.heartbeats(beats).await.expect("an answer");
    assert!(done[0].outcome == HeartbeatOutcome::Accepted && done[1].outcome == HeartbeatOutcome::Invalid);

    let query = PresenceQuery::default().users([CAROL, "@nobody:example.com"]).rooms([LOBBY]);
    let told = backend.query_presence(&query).await.expect("an answer");
    let states: Vec<_> =
        told.presence.iter().map(|user| format!("{} {}", user.user_id, user.state)).collect();
    assert_eq!(states, ["@carol:example.com offline", "@alice:example.com busy", "@bob:example.com online"]);
    assert_eq!(told.unavailable, ["@nobody:example.com"]);

    let bob = client(&server, "demo-bob");
    let members = || bob.room(LOBBY).presence();
    let page = members().states([PresenceState::Busy, PresenceState::Offline]).limit(5).send().await;
    let page = page.expect("a page");
    assert_eq!((page.users.len(), page.counts.busy, page.counts.online, page.more), (1, 1, 1, false));
    let rest = members().after(ALICE).all().await.expect("members");
    assert_eq!(rest.iter().map(|user| user.user_id.as_str()).collect::<Vec<_>>(), [BOB]);
}

#[tokio::test]
async fn the_directory() {
    let server = TestServer::start().await;
    let admin = client(&server, "demo-admin");
    let profile = UserProfile {
        display_name: Some("Dave".to_owned()),
        account: Some(1),
        extension_number: Some("104".to_owned()),
        extension_type: Some(ExtensionType::Bot),
        ..UserProfile::default()
    };
    let dave = admin.user("@dave:example.com").put(&profile).await.expect("he is added");
    assert_eq!(dave, admin.user("@dave:example.com").get().await.expect("he is there"));
    assert_eq!(dave.extension_type, Some(ExtensionType::Bot.into()));
    let ids = |users: Vec<presenced::api::presenced::types::User>| {
        users.into_iter().map(|user| user.user_id).collect::<Vec<_>>()
    };
    let all = ids(admin.users().limit(1).all().await.expect("users"));
    assert_eq!(all, [ALICE, BOB, CAROL, "@dave:example.com"], "in pages of one");
    let page = admin.users().after(ALICE).limit(2).send().await.expect("a page");
    assert_eq!((ids(page.users), page.more), (vec![BOB.to_owned(), CAROL.to_owned()], true));
    admin.user("@dave:example.com").delete().await.expect("he is removed");
    let gone = admin.user("@dave:example.com").get().await.expect_err("he is gone");
    assert_eq!(gone.to_string(), "there is no user @dave:example.com");
}

#[tokio::test]
async fn rooms() {
    let server = TestServer::start().await;
    let admin = client(&server, "demo-admin");
    let room = admin.room("!a/b?c:example.com");
    assert_eq!(room.put_members([ALICE, CAROL]).await.expect("they are set"), [ALICE, CAROL]);
    room.add_member(BOB).await.expect("he is in");
    room.remove_member(CAROL).await.expect("she is out");
    assert_eq!(room.members().await.expect("members"), [ALICE, BOB]);
    let rooms = admin.rooms().all().await.expect("rooms");
    let rooms: Vec<_> = rooms.iter().map(|room| (room.room_id.as_str(), room.member_count)).collect();
    assert_eq!(rooms, [("!a/b?c:example.com", 2), (LOBBY, 2)]);
    let of_bob = client(&server, "demo-bob").me().rooms().await.expect("rooms");
    assert_eq!(of_bob, ["!a/b?c:example.com", LOBBY]);
}

#[tokio::test]
async fn tokens_and_sessions() {
    let server = TestServer::start().await;
    let admin = client(&server, "demo-admin");
    let carol = admin.user(CAROL);
    let request = TokenRequest::new("PHONE").scopes([Scope::Read]).expires_in(HOUR);
    let issued = carol.create_token(&request).await.expect("a token");
    assert_eq!(issued.info.scopes, [Open::from(Scope::Read)]);
    let phone = client(&server, &issued.token);
    let whoami = phone.whoami().await.expect("an answer");
    assert_eq!((whoami.user_id.as_deref(), whoami.device_id.as_deref()), (Some(CAROL), Some("PHONE")));
    assert_eq!(carol.tokens().await.expect("tokens").len(), 2);
    assert!(phone.create_ticket().await.expect("a ticket").expires_at > START.as_millis());
    carol.revoke_token(&issued.info.token_id).await.expect("it is revoked");
    assert_eq!(phone.whoami().await.expect_err("it opens nothing").status(), Some(StatusCode::UNAUTHORIZED));
    carol.end_sessions().await.expect("she is out");
    assert_eq!(carol.tokens().await.expect("tokens"), []);

    let wallboard = admin.create_app_token(&AppTokenRequest::new("wallboard").expires_in(HOUR)).await;
    let wallboard = wallboard.expect("a token").info;
    assert_eq!(admin.app_tokens().await.expect("tokens"), std::slice::from_ref(&wallboard));
    admin.revoke_app_token(&wallboard.token_id).await.expect("it is revoked");
    assert_eq!(admin.app_tokens().await.expect("tokens"), []);
}

#[tokio::test]
async fn presence_lists() {
    let server = TestServer::start().await;
    let (alice, carol) = (client(&server, "demo-alice"), client(&server, "demo-carol"));
    let invite = |name: &str| matrix::PresenceListUpdate {
        invite: vec![name.parse().expect("an id")],
        ..matrix::PresenceListUpdate::default()
    };
    carol.matrix().update_presence_list(CAROL, &invite(ALICE)).await.expect("it is asked");
    let list = alice.me().presence_list().await.expect("a list");
    assert!(list.observers[0].user_id == CAROL && list.observers[0].standing == Standing::Pending);
    let entry = alice.me().accept_observer(CAROL).await.expect("an invitation");
    assert_eq!(entry.standing, Standing::Accepted);
    let seen = carol.matrix().presence_list(CAROL).await.expect("a list");
    assert_eq!(seen[0].content.user_id, ALICE);
    alice.me().deny_observer(CAROL).await.expect("an invitation");
    assert_eq!(carol.matrix().presence_list(CAROL).await.expect("a list").len(), 0);
}

#[tokio::test]
async fn calls_of_gateways() {
    let server = TestServer::start().await;
    let admin = client(&server, "demo-admin");
    let gateway = admin.create_app_token(&AppTokenRequest::new("pbx").scopes([Scope::Gateway])).await;
    let gateway = client(&server, &gateway.expect("a token").token);
    let report = CallReport {
        from: Some("102".to_owned()),
        ..CallReport::new(Direction::Inbound, TelephonyStatus::CallConnected)
    };
    gateway.user(ALICE).put_call("leg/1", &report).await.expect("it is noted");
    let bob = client(&server, "demo-bob");
    let calls = Calls { detailed_telephony_state: true, total_active_calls: true, ..Calls::default() };
    let seen = bob.ringcentral().presence(1, calls).await.expect("it is told");
    assert_eq!(
        (seen.total_active_calls, seen.telephony_status),
        (Some(1), Some(TelephonyStatus::CallConnected.into()))
    );
    assert_eq!(seen.active_calls.expect("calls")[0].id, "leg/1");
    gateway.user(ALICE).end_call("leg/1").await.expect("it is noted");
    assert_eq!(bob.ringcentral().presence(1, calls).await.expect("it is told").total_active_calls, Some(0));
}

#[tokio::test]
async fn matrix() {
    let server = TestServer::start().await;
    let (alice, bob) = (client(&server, "demo-alice"), client(&server, "demo-bob"));
    let online = matrix::PresenceUpdate::from(matrix::PresenceState::Online).message("I am here.");
    alice.matrix().set_presence(ALICE, online).await.expect("it is set");
    let seen = bob.matrix().presence(ALICE).await.expect("it is told");
    assert_eq!(
        (seen.presence, seen.status_msg.as_deref()),
        (matrix::PresenceState::Online.into(), Some("I am here."))
    );
    let refused =
        bob.matrix().set_presence(ALICE, matrix::PresenceState::Online).await.expect_err("it is hers");
    let Some(Told::Matrix(told)) = refused.refusal().map(|refusal| &refusal.told) else {
        panic!("{refused:?}")
    };
    assert_eq!((told.errcode.as_str(), refused.status()), ("M_FORBIDDEN", Some(StatusCode::FORBIDDEN)));
}

#[tokio::test]
async fn pnut() {
    let server = TestServer::start().await;
    let (alice, bob) = (client(&server, "demo-alice"), client(&server, "demo-bob"));
    let end = SystemTime::UNIX_EPOCH + Duration::from_millis((START + seconds(600)).as_millis());
    let train = pnut::PresenceUpdate::from("on the train").until(end);
    let set = alice.pnut().set_presence("me", &train).await.expect("it is set");
    assert_eq!((set.data.id.as_str(), set.data.presence.as_str()), ("1", "on the train"));
    let bobs = bob.pnut().update_presence("reading").update_presence_expiration(end);
    let seen = bobs.presence("@alice").await.expect("it is told");
    assert_eq!((seen.data.presence.as_str(), seen.meta.updated_presence), ("on the train", Some(true)));
    let all = bob.pnut().all().await.expect("all");
    let all: Vec<_> = all.data.iter().map(|user| (user.username.as_str(), user.presence.as_str())).collect();
    assert_eq!(all, [("bob", "reading"), ("alice", "on the train")], "the latest first");
    server.advance(seconds(601)).await;
    assert_eq!(bob.pnut().presence(1).await.expect("it is told").data.presence, "offline");
    let refused = alice.pnut().presence(99).await.expect_err("there is nobody");
    assert!(matches!(&refused.refusal().expect("a refusal").told, Told::Pnut(told) if told.code == 404));
}

#[tokio::test]
async fn ringcentral() {
    let server = TestServer::start().await;
    let alice = client(&server, "demo-alice");
    let account = alice.ringcentral();
    let busy = GetPresenceInfo {
        user_status: Some(UserStatus::Busy.into()),
        message: Some("lunch".to_owned()),
        ..GetPresenceInfo::default()
    };
    let set = account.update_presence("~", busy).await.expect("it is set");
    assert_eq!(
        (set.presence_status, set.message.as_deref()),
        (Some(PresenceStatus::Busy.into()), Some("lunch"))
    );
    let page = account.account_presence(Calls::default(), Paging { per_page: Some(2), page: Some(2) }).await;
    let page = page.expect("a page");
    assert_eq!((page.records.len(), page.paging.total_elements), (1, 3));
    let some =
        client(&server, "demo-alice").ringcentral().account(1).presences([1, 99], Calls::default()).await;
    let some = some.expect("two");
    assert_eq!(
        some.iter().map(|item| (item.resource_id.as_str(), item.status)).collect::<Vec<_>>(),
        [("1", 200), ("99", 404)]
    );
    assert!(matches!(&some[0].body, BatchBody::Presence(info) if info.message.as_deref() == Some("lunch")));
    assert!(matches!(&some[1].body, BatchBody::Error(told) if told.error_code == "CMN-102"));
    assert_eq!(account.presences([1], Calls::default()).await.expect("one").len(), 1);
    let monitored = account.monitor("~", [3]).await.expect("they are set");
    assert_eq!(monitored, account.monitored("~").await.expect("they are told"));
    assert_eq!(monitored.records[0].extension.id, 3);
    let refused = account.presence(99, Calls::default()).await.expect_err("there is nobody");
    let Some(Told::RingCentral(told)) = refused.refusal().map(|refusal| &refusal.told) else {
        panic!("{refused:?}")
    };
    assert_eq!((&*told.error_code, told.parameter_name.as_deref()), ("CMN-102", Some("extensionId")));
}

#[tokio::test]
async fn queues_of_ringcentral() {
    let server = TestServer::start().await;
    let admin = client(&server, "demo-admin");
    let sales = UserProfile {
        number: Some(4),
        account: Some(1),
        extension_number: Some("900".to_owned()),
        extension_type: Some(ExtensionType::Department),
        ..UserProfile::default()
    };
    admin.user("@sales:example.com").put(&sales).await.expect("it is added");
    let agent = UserProfile {
        account: Some(1),
        extension_number: Some("101".to_owned()),
        departments: Some(vec![4]),
        ..UserProfile::default()
    };
    admin.user(ALICE).put(&agent).await.expect("she is changed");
    let alice = client(&server, "demo-alice");
    let account = alice.ringcentral();
    let accepts = |told: presenced::api::ringcentral::types::CallQueuePresence| {
        told.records[0].accept_current_queue_calls
    };
    assert_eq!(accepts(account.queue_presence(4).await.expect("it is told")), Some(true));
    let closed = account.update_queues_presence("~", [(4, false)]).await.expect("it is set");
    assert_eq!(closed.records[0].accept_calls, Some(false));
    assert_eq!(closed, account.queues_presence("~").await.expect("they are told"));
    assert_eq!(accepts(account.queue_presence(4).await.expect("it is told")), Some(false));
    let opened = account.update_queue_presence(4, [(1, true)]).await;
    assert_eq!(accepts(opened.expect("it is set")), Some(true));
}

#[tokio::test]
async fn the_server_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = TestServer::start_on(Box::new(disk::over(folder.path()).expect("it opens")), |_| {}).await;
    let admin = client(&server, "demo-admin");
    assert_eq!(admin.health().await.expect("it is there").status, "ok");
    assert_eq!(admin.ready().await.expect("it is ready").status, "ok");
    let (mut export, mut lines) = (admin.export().await.expect("an export"), Vec::new());
    while let Some(chunk) = export.chunk().await.expect("no break") {
        lines.extend_from_slice(chunk.as_ref());
    }
    let lines = String::from_utf8(lines).expect("text");
    assert!(lines.lines().last().is_some_and(|line| line.starts_with(r#"{"kind":"end""#)), "{lines}");
}

#[tokio::test]
async fn the_demo_as_a_fixture() {
    let server = TestServer::start().await;
    let (admin, alice) = (client(&server, "demo-admin"), client(&server, "demo-alice"));
    alice.me().set_presence(PresenceState::Online).await.expect("it is said");
    admin.advance_demo(HOUR).await.expect("time passes");
    assert_eq!(alice.me().presence().await.expect("it is told").state, PresenceState::Offline);
    alice.me().set_presence(PresenceState::Online).await.expect("it is said");
    admin.reset_demo().await.expect("it is as it was");
    assert_eq!(alice.me().presence().await.expect("it is told").state, PresenceState::Offline);
}

#[tokio::test]
async fn subscriptions() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let body = json!({"eventFilters": ["/restapi/v1.0/account/~/extension/2/presence"],
        "deliveryMode": {"transportType": "WebHook", "address": receiver.url}});
    let made =
        server.call(reqwest::Method::POST, "/restapi/v1.0/subscription").token("demo-alice").json(&body);
    assert_eq!(made.send().await.status, 200);
    let admin = client(&server, "demo-admin");
    let all = admin.subscriptions().all().await.expect("subscriptions");
    assert_eq!((all.len(), all[0].user_id.as_str()), (1, ALICE));
    admin.end_subscription(&all[0].subscription_id).await.expect("it ends");
    assert_eq!(admin.subscriptions().send().await.expect("a page").subscriptions, []);
}

/// A receiver that answers is tried, and one that is named again keeps its secret.
#[tokio::test]
async fn webhooks() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let admin = client(&server, "demo-admin");
    let request = WebhookRequest::new(&receiver.url).users([ALICE]);
    let made = admin.create_webhook(&request).await.expect("it is made");
    assert_eq!((made.state, made.secret.is_some()), (WebhookState::Active.into(), true));
    let webhook = admin.webhook(&made.webhook_id);
    let answering = tokio::spawn(async move {
        assert_eq!(receiver.told().await["type"], "test");
    });
    assert_eq!(webhook.test().await.expect("it is tried").status, Some(200));
    answering.await.expect("an answer");
    let rooms = WebhookRequest::new(request.url).rooms([LOBBY]);
    assert_eq!(webhook.put(&rooms).await.expect("it is changed").rooms, Some(vec![LOBBY.to_owned()]));
    assert_eq!(admin.webhooks().await.expect("webhooks"), [webhook.get().await.expect("it is there")]);
    webhook.delete().await.expect("it ends");
    assert_eq!(admin.webhooks().await.expect("webhooks"), []);
}
