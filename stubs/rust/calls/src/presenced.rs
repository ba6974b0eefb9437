use presenced_client::{
    apis::{configuration::Configuration, demo_api, directory_api, following_api, presence_api, presence_lists_api},
    models::{
        Scope, AppTokenRequest, CallReport, Direction, ExtensionType, Heartbeat, Heartbeats, OverrideName, PresenceQuery,
        PresenceState, PresenceUpdate, PresenceUpdates, Problem, TelephonyStatus, UserPresenceUpdate,
        UserProfile, UserSettings,
    },
};
use serde_json::{Value, from_value};

use crate::{ALICE, BOB, CAROL, Dialect, LOBBY, NO_ROOM, NOBODY, SALES, STRANGER, STREAM, client};

crate::outcome!(presenced_client);

fn open(base: &str, token: &str, prefer: Option<&str>) -> Configuration {
    let (client, base_path) = (client(prefer), base.to_owned());
    Configuration { base_path, client, bearer_access_token: Some(token.to_owned()), ..Configuration::new() }
}

fn reads(body: &Value, status: u16) -> bool {
    from_value::<Problem>(body.clone()).is_ok_and(|problem| problem.status == i32::from(status))
}

/// Brings the demo to where every operation has something to work on: there is a call queue, and alice is an admin of
/// the account and takes its calls.
pub async fn prepare(base: &str) {
    demo_api::reset_demo(&open(base, "demo-alice", None)).await.expect("a fresh demo");
    let admin = open(base, "demo-admin", None);
    let queue = UserProfile {
        number: Some(4),
        account: Some(1),
        extension_number: Some("900".to_owned()),
        extension_type: Some(ExtensionType::Department),
        display_name: Some("Sales".to_owned()),
        ..UserProfile::new()
    };
    directory_api::put_user(&admin, SALES, queue).await.expect("a queue");
    let alice = UserProfile {
        account: Some(1),
        extension_number: Some("101".to_owned()),
        account_admin: Some(true),
        departments: Some(vec![4]),
        ..UserProfile::new()
    };
    directory_api::put_user(&admin, ALICE, alice).await.expect("alice");
}

fn busy() -> UserSettings {
    UserSettings { r#override: Some(OverrideName::Busy), ..UserSettings::new() }
}

fn online(user: &str) -> Heartbeats {
    Heartbeats::new(vec![Heartbeat::new(user.to_owned(), "DESK".to_owned(), PresenceState::Online)])
}

fn report() -> CallReport {
    CallReport::new(Direction::Inbound, TelephonyStatus::CallConnected)
}

fn said() -> PresenceUpdate {
    PresenceUpdate { state: Some(PresenceState::Online), ..PresenceUpdate::new() }
}

fn updates(user: &str) -> PresenceUpdates {
    let update =
        UserPresenceUpdate { state: Some(PresenceState::Online), ..UserPresenceUpdate::new(user.to_owned()) };
    PresenceUpdates::new(vec![update])
}

fn backend() -> AppTokenRequest {
    AppTokenRequest {
        scopes: Some(vec![Scope::Read, Scope::Write]),
        ..AppTokenRequest::new("backend".to_owned())
    }
}

/// What is said of many users, and who is in a room, is said by an admin.
fn open_as_admin(base: &str, token: &str, prefer: Option<&str>) -> Configuration {
    open(base, if token == STRANGER { token } else { "demo-admin" }, prefer)
}

pub async fn attempt(base: &str) {
    let admin = Dialect { open: open_as_admin, reads, base: base.to_owned() };
    let update =
        async |by, user: &'static str| outcome(presence_api::update_presence(&by, updates(user)).await);
    admin.attempt("updatePresence", update, [ALICE, STRANGER], [401, 413]).await;
    let add = async |by, user| outcome(directory_api::add_member(&by, LOBBY, user).await);
    admin.attempt("addMember", add, [CAROL, NOBODY], [404, 409]).await;
    let remove = async |by, user| outcome(directory_api::remove_member(&by, LOBBY, user).await);
    admin.attempt("removeMember", remove, [CAROL, STRANGER], [401, 413]).await;
    let create = async |by, _| outcome(directory_api::create_app_token(&by, backend()).await);
    admin.attempt("createAppToken", create, ["backend", STRANGER], [401, 409]).await;
    let sign_out = async |by, user| outcome(directory_api::end_sessions(&by, user).await);
    admin.attempt("endSessions", sign_out, [CAROL, NOBODY], [404, 503]).await;
    let presenced = Dialect { open, reads, base: base.to_owned() };
    let (own, known, observer) = ([ALICE, BOB], [ALICE, NOBODY], [CAROL, BOB]);

    let say = async |by, user| outcome(presence_api::put_user_presence(&by, user, said()).await);
    presenced.attempt("putUserPresence", say, own, [403, 429]).await;
    let whoami = async |by, _| outcome(directory_api::whoami(&by).await);
    presenced.attempt("whoami", whoami, ["own", STRANGER], [401, 503]).await;
    let ticket = async |by, _| outcome(following_api::create_ticket(&by).await);
    presenced.attempt("createTicket", ticket, ["own", STRANGER], [401, 413]).await;
    let active = async |by, _| outcome(presence_api::post_activity(&by, None).await);
    presenced.attempt("postActivity", active, ["own", STRANGER], [401, 413]).await;
    let room = async |by, room| outcome(presence_api::get_room_presence(&by, room, None, None, None).await);
    presenced.attempt("getRoomPresence", room, [LOBBY, NO_ROOM], [404, 503]).await;
    let rooms = async |by, user| outcome(presence_api::get_user_rooms(&by, user).await);
    presenced.attempt("getUserRooms", rooms, own, [403, 404]).await;
    let end = async |by, user| outcome(presence_api::delete_user_presence(&by, user, None).await);
    presenced.attempt("deleteUserPresence", end, own, [403, 429]).await;

    let put = async |by, user| outcome(presence_api::put_settings(&by, user, busy()).await);
    presenced.attempt("putSettings", put, own, [403, 429]).await;
    let get = async |by, user| outcome(presence_api::get_settings(&by, user).await);
    presenced.attempt("getSettings", get, own, [403, 404]).await;
    let beat = async |by, user| outcome(presence_api::post_heartbeats(&by, online(user)).await);
    presenced.attempt("postHeartbeats", beat, [ALICE, STRANGER], [401, 413]).await;
    let presence = async |by, user| outcome(presence_api::get_user_presence(&by, user).await);
    presenced.attempt("getUserPresence", presence, known, [404, 503]).await;
    let query = async |by, user: &'static str| {
        outcome(
            presence_api::query_presence(
                &by,
                PresenceQuery { users: Some(vec![user.to_owned()]), ..PresenceQuery::new() },
            )
            .await,
        )
    };
    presenced.attempt("queryPresence", query, [ALICE, STRANGER], [401, 403]).await;
    let stream = async |by, user: &'static str| {
        outcome(
            presence_api::stream_changes(
                &by,
                Some(vec![user.to_owned()]),
                None,
                None,
                None,
                None,
                None,
                None,
            )
            .await,
        )
    };
    presenced.attempt("streamChanges", stream, [STREAM, "nobody"], [400, 429]).await;
    let call = async |by, user| outcome(presence_api::put_call(&by, user, "c1", report()).await);
    presenced.attempt("putCall", call, known, [404, 413]).await;
    let end = async |by, user| outcome(presence_api::delete_call(&by, user, "c1").await);
    presenced.attempt("deleteCall", end, known, [404, 503]).await;

    let list = async |by, user| outcome(presence_lists_api::get_presence_list(&by, user).await);
    presenced.attempt("getPresenceList", list, own, [403, 503]).await;
    let accept = async |by, user| outcome(presence_lists_api::accept_observer(&by, ALICE, user).await);
    presenced.attempt("acceptObserver", accept, observer, [404, 429]).await;
    let deny = async |by, user| outcome(presence_lists_api::deny_observer(&by, ALICE, user).await);
    presenced.attempt("denyObserver", deny, observer, [404, 503]).await;

    let seen =
        presence_api::get_user_presence(&presenced.by("demo-bob"), ALICE).await.expect("alice's presence");
    assert_eq!(seen.state, PresenceState::Busy);
}
