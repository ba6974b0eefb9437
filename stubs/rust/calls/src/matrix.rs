use matrix_client::{
    apis::{configuration::Configuration, presence_api, presence_lists_api},
    models::{LimitExceeded, MatrixError, PresenceListUpdate, PresenceState, PresenceUpdate},
};
use serde_json::{Value, from_value};

use crate::{ALICE, BOB, CAROL, Dialect, client};

crate::outcome!(matrix_client);

fn open(base: &str, token: &str, prefer: Option<&str>) -> Configuration {
    let (client, base_path) = (client(prefer), format!("{base}/_matrix/client/v3"));
    Configuration { base_path, client, bearer_access_token: Some(token.to_owned()), ..Configuration::new() }
}

fn reads(body: &Value, status: u16) -> bool {
    if status != 429 {
        return from_value::<MatrixError>(body.clone()).is_ok_and(|error| error.errcode.starts_with("M_"));
    }
    from_value::<LimitExceeded>(body.clone()).is_ok_and(|limited| limited.retry_after_ms > Some(0))
}

fn online() -> PresenceUpdate {
    PresenceUpdate { status_msg: Some("on call".to_owned()), ..PresenceUpdate::new(PresenceState::Online) }
}

fn inviting(user: &str) -> PresenceListUpdate {
    PresenceListUpdate { invite: Some(vec![user.to_owned()]), ..PresenceListUpdate::new() }
}

pub async fn attempt(base: &str) {
    let matrix = Dialect { open, reads, base: base.to_owned() };
    let set = async |by, user| outcome(presence_api::set_presence(&by, user, online()).await);
    matrix.attempt("setPresence", set, [ALICE, BOB], [403, 429]).await;
    let get = async |by, user| outcome(presence_api::get_presence(&by, user).await);
    matrix.attempt("getPresence", get, [ALICE, CAROL], [403, 404]).await;
    let modify = async |by, user| outcome(presence_lists_api::modify_presence_list(&by, user, inviting(CAROL)).await);
    matrix.attempt("modifyPresenceList", modify, [ALICE, BOB], [400, 429]).await;
    let list = async |by, user| outcome(presence_lists_api::get_presence_list(&by, user).await);
    matrix.attempt("getPresenceList", list, [ALICE, "nobody"], [400, 503]).await;

    let seen = presence_api::get_presence(&matrix.by("demo-alice"), ALICE).await.expect("alice's presence");
    assert_eq!(seen.presence, PresenceState::Online);
    assert_eq!(seen.status_msg.flatten().as_deref(), Some("on call"));
    // Carol asks to see alice, who answers through presenced's own document.
    let asked = presence_lists_api::modify_presence_list(&matrix.by("demo-carol"), CAROL, inviting(ALICE)).await;
    asked.expect("carol's list");
}
