//! Every operation of presenced's own API, and those of the other dialects' presence: the client has each, and
//! understands each documented answer.

use presenced::{
    api::{
        matrix::types as matrix,
        pnut::types as pnut,
        presenced::types::{
            AppTokenRequest, CallReport, PresenceQuery, PresenceState, TokenRequest, UserProfile,
            UserSettings, WebhookRequest,
        },
        ringcentral::types::GetPresenceInfo,
        telephony::{Direction, TelephonyStatus},
    },
    client::{
        Client, Result, Told,
        ringcentral::{Calls, Paging},
    },
};
use serde_json::Value;

use super::client;
use crate::{
    openapi::lint::operations,
    support::{ALICE, BOB, TestServer, conformance, seconds},
};

/// What answers otherwise than calls do: `socket.rs` has it.
const WITHOUT: [&str; 1] = ["openSocket"];

/// The tags of what the client has of other dialects.
const TAGS: [&str; 2] = ["Presence", "Presence lists"];

/// Calls an operation by its name in its document; none if the client does not have it.
pub(super) async fn call(client: &Client, dialect: &str, operation: &str, status: u16) -> Option<Result<()>> {
    match dialect {
        "presenced" => native(client, operation).await,
        "matrix" => matrix(client, operation).await,
        "pnut" => pnut(client, operation).await,
        "ringcentral" => ringcentral(client, operation, status).await,
        _ => None,
    }
}

async fn native(client: &Client, operation: &str) -> Option<Result<()>> {
    let (user, room) = (client.user(ALICE), client.room("!lobby:example.com"));
    let webhook = client.webhook("0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77");
    let hook = WebhookRequest::new("https://example.com/presence");
    Some(match operation {
        "listUsers" => client.users().send().await.map(drop),
        "getUser" => user.get().await.map(drop),
        "putUser" => user.put(&UserProfile::default()).await.map(drop),
        "deleteUser" => user.delete().await,
        "listTokens" => user.tokens().await.map(drop),
        "createToken" => user.create_token(&TokenRequest::new("PHONE")).await.map(drop),
        "endSessions" => user.end_sessions().await,
        "revokeToken" => user.revoke_token("0f1e2d3c4b5a6978").await,
        "rotateAdminToken" => client.rotate_admin_token().await.map(drop),
        "listAppTokens" => client.app_tokens().await.map(drop),
        "createAppToken" => client.create_app_token(&AppTokenRequest::new("wallboard")).await.map(drop),
        "revokeAppToken" => client.revoke_app_token("0f1e2d3c4b5a6978").await,
        "listRooms" => client.rooms().send().await.map(drop),
        "getMembers" => room.members().await.map(drop),
        "putMembers" => room.put_members([ALICE]).await.map(drop),
        "addMember" => room.add_member(BOB).await,
        "removeMember" => room.remove_member(BOB).await,
        "listSubscriptions" => client.subscriptions().send().await.map(drop),
        "endSubscription" => client.end_subscription("0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77").await,
        "whoami" => client.whoami().await.map(drop),
        "getUserPresence" => user.presence().await.map(drop),
        "putUserPresence" => user.set_presence(PresenceState::Online).await.map(drop),
        "deleteUserPresence" => user.end_presence(None).await,
        "postActivity" => client.be_active(None).await,
        "queryPresence" => client.query_presence(&PresenceQuery::default().users([ALICE])).await.map(drop),
        "updatePresence" => client.update_presence([]).await.map(drop),
        "getRoomPresence" => room.presence().send().await.map(drop),
        "getUserRooms" => user.rooms().await.map(drop),
        "streamChanges" => client.changes().open().await.map(drop),
        "createTicket" => client.create_ticket().await.map(drop),
        "postHeartbeats" => client.heartbeats([]).await.map(drop),
        "putCall" => {
            user.put_call("c1", &CallReport::new(Direction::Inbound, TelephonyStatus::Ringing)).await
        }
        "deleteCall" => user.end_call("c1").await,
        "getSettings" => user.settings().await.map(drop),
        "putSettings" => user.put_settings(&UserSettings::default()).await.map(drop),
        "listWebhooks" => client.webhooks().await.map(drop),
        "createWebhook" => client.create_webhook(&hook).await.map(drop),
        "getWebhook" => webhook.get().await.map(drop),
        "putWebhook" => webhook.put(&hook).await.map(drop),
        "deleteWebhook" => webhook.delete().await,
        "testWebhook" => webhook.test().await.map(drop),
        "exportData" => client.export().await.map(drop),
        "getHealth" => client.health().await.map(drop),
        "getReadiness" => client.ready().await.map(drop),
        "getPresenceList" => user.presence_list().await.map(drop),
        "acceptObserver" => user.accept_observer(BOB).await.map(drop),
        "denyObserver" => user.deny_observer(BOB).await,
        "advanceDemo" => client.advance_demo(seconds(1)).await,
        "resetDemo" => client.reset_demo().await,
        _ => return None,
    })
}

async fn matrix(client: &Client, operation: &str) -> Option<Result<()>> {
    let matrix = client.matrix();
    Some(match operation {
        "getPresence" => matrix.presence(ALICE).await.map(drop),
        "setPresence" => matrix.set_presence(ALICE, matrix::PresenceState::Online).await,
        "getPresenceList" => matrix.presence_list(ALICE).await.map(drop),
        "modifyPresenceList" => {
            matrix.update_presence_list(ALICE, &matrix::PresenceListUpdate::default()).await
        }
        _ => return None,
    })
}

async fn pnut(client: &Client, operation: &str) -> Option<Result<()>> {
    let pnut = client.pnut();
    Some(match operation {
        "listPresence" => pnut.all().await.map(drop),
        // The same resource has two paths.
        "getPresence" | "getPresenceByAlias" => pnut.presence(1).await.map(drop),
        "setPresence" => pnut.set_presence(1, &pnut::PresenceUpdate::from("here")).await.map(drop),
        _ => return None,
    })
}

async fn ringcentral(client: &Client, operation: &str, status: u16) -> Option<Result<()>> {
    let account = client.ringcentral();
    let calls = Calls::default();
    Some(match operation {
        "ReadAccountPresence" => account.account_presence(calls, Paging::default()).await.map(drop),
        "ReadUserPresenceStatus" if status == 207 => account.presences([1, 2], calls).await.map(drop),
        "ReadUserPresenceStatus" => account.presence(1, calls).await.map(drop),
        "UpdateUserPresenceStatus" => account.update_presence(1, GetPresenceInfo::default()).await.map(drop),
        "readMonitoredExtensions" => account.monitored(1).await.map(drop),
        "updateMonitoredExtensions" => account.monitor(1, [2]).await.map(drop),
        "readCallQueuePresence" => account.queue_presence(4).await.map(drop),
        "updateCallQueuePresence" => account.update_queue_presence(4, [(1, true)]).await.map(drop),
        "readExtensionCallQueuePresence" => account.queues_presence(1).await.map(drop),
        "updateExtensionCallQueuePresence" => account.update_queues_presence(1, [(4, true)]).await.map(drop),
        _ => return None,
    })
}

/// What the client is to have: each operation's dialect and document's entry.
pub(super) fn covered() -> Vec<(&'static str, &'static str, &'static Value)> {
    let documents = presenced::api::ALL.map(|dialect| (dialect.name, conformance::document(dialect.name)));
    let is_covered = |dialect: &str, operation: &Value| {
        dialect == "presenced"
            || operation["tags"]
                .as_array()
                .is_some_and(|tags| tags.iter().any(|tag| TAGS.iter().any(|known| tag == known)))
    };
    let all = documents.into_iter().flat_map(|(dialect, document)| {
        let operations =
            operations(document).into_iter().filter(move |(_, _, operation)| is_covered(dialect, operation));
        operations.map(move |(_, _, operation)| {
            (dialect, operation["operationId"].as_str().expect("an id"), operation)
        })
    });
    all.filter(|(_, id, _)| !WITHOUT.contains(id)).collect()
}

/// The demo answers with what is documented, whatever is asked.
#[tokio::test]
async fn every_documented_answer_is_understood() {
    let server = TestServer::start().await;
    let mut count = 0;
    for (dialect, id, operation) in covered() {
        for (status, answer) in operation["responses"].as_object().expect("answers") {
            let status: u16 = status.parse().expect("a status");
            let told = client(&server, "demo-alice").prefer(&format!("code={status}"));
            let called = call(&told, dialect, id, status).await;
            let called = called.unwrap_or_else(|| panic!("the client has no {dialect} {id}"));
            match called {
                Ok(()) => assert!(status < 300, "{dialect} {id} {status}"),
                Err(error) => {
                    let refusal =
                        error.refusal().unwrap_or_else(|| panic!("{dialect} {id} {status}: {error:?}"));
                    assert_eq!(refusal.status, status, "{dialect} {id}");
                    let form = match &refusal.told {
                        Told::Presenced(_) => "presenced",
                        Told::Matrix(_) => "matrix",
                        Told::Pnut(_) => "pnut",
                        Told::RingCentral(_) => "ringcentral",
                        _ => panic!("{dialect} {id} {status}: {error:?}"),
                    };
                    assert_eq!(form, dialect, "{id} {status}");
                    if answer["headers"]["Retry-After"].is_object() {
                        assert!(refusal.retry_after.is_some(), "{dialect} {id} {status}");
                    }
                }
            }
            count += 1;
        }
    }
    assert!(count > 350, "{count}");
}
