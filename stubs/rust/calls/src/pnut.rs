use pnut_client::{
    apis::{configuration::Configuration, presence_api},
    models::{ErrorAnswer, PresenceUpdate},
};
use serde_json::{Value, from_value};

use crate::{Dialect, STRANGER, client};

crate::outcome!(pnut_client);

fn open(base: &str, token: &str, prefer: Option<&str>) -> Configuration {
    let (client, base_path) = (client(prefer), format!("{base}/v0"));
    Configuration { base_path, client, bearer_access_token: Some(token.to_owned()), ..Configuration::new() }
}

fn reads(body: &Value, status: u16) -> bool {
    from_value::<ErrorAnswer>(body.clone()).is_ok_and(|error| error.meta.code == i32::from(status))
}

fn reading() -> PresenceUpdate {
    PresenceUpdate { presence: Some(Some("reading".to_owned())), ..PresenceUpdate::new() }
}

pub async fn attempt(base: &str) {
    let pnut = Dialect { open, reads, base: base.to_owned() };
    let set = async |by, user| {
        outcome(presence_api::set_presence(&by, user, None, None, None, None, Some(reading())).await)
    };
    pnut.attempt("setPresence", set, ["me", "2"], [403, 413]).await;
    let get = async |by, user| outcome(presence_api::get_presence(&by, user, None, None).await);
    pnut.attempt("getPresence", get, ["me", "999"], [404, 429]).await;
    let alias = async |by, user| outcome(presence_api::get_presence_by_alias(&by, user, None, None).await);
    pnut.attempt("getPresenceByAlias", alias, ["1", "999"], [404, 503]).await;
    let list = async |by, _| outcome(presence_api::list_presence(&by, None, None).await);
    pnut.attempt("listPresence", list, ["everybody", STRANGER], [401, 429]).await;

    let seen = presence_api::get_presence(&pnut.by("demo-bob"), "1", None, None).await.expect("alice's presence");
    assert_eq!(seen.data.presence, "reading");
}
