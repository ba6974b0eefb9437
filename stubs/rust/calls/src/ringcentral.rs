use ringcentral_client::{
    apis::{configuration::Configuration, presence_api},
    models::{
        CallQueueId, CallQueueMemberUpdate, CallQueueUpdatePresence, ErrorResponse, ExtensionCallQueueUpdate,
        ExtensionCallQueueUpdatePresenceList, MonitoredExtensionId, MonitoredExtensionUpdate,
        MonitoredExtensionsUpdate, PresenceInfoResource,
    },
};
use serde_json::{Value, from_value};

use crate::{Dialect, client};

crate::outcome!(ringcentral_client);

fn open(base: &str, token: &str, prefer: Option<&str>) -> Configuration {
    let (client, base_path) = (client(prefer), base.to_owned());
    Configuration { base_path, client, bearer_access_token: Some(token.to_owned()), ..Configuration::new() }
}

fn reads(body: &Value, _: u16) -> bool {
    from_value::<ErrorResponse>(body.clone()).is_ok_and(|error| !error.error_code.is_empty())
}

fn lunch() -> PresenceInfoResource {
    PresenceInfoResource { message: Some("lunch".to_owned()), ..PresenceInfoResource::new() }
}

fn monitored() -> MonitoredExtensionsUpdate {
    MonitoredExtensionsUpdate::new(vec![MonitoredExtensionUpdate::new(MonitoredExtensionId::new("2".to_owned()))])
}

fn members() -> CallQueueUpdatePresence {
    CallQueueUpdatePresence::new(vec![CallQueueMemberUpdate::new(CallQueueId::new("1".to_owned()), false)])
}

fn queues() -> ExtensionCallQueueUpdatePresenceList {
    let taken = ExtensionCallQueueUpdate::new(CallQueueId::new("4".to_owned()), true);
    ExtensionCallQueueUpdatePresenceList::new(vec![taken])
}

pub async fn attempt(base: &str) {
    let ringcentral = Dialect { open, reads, base: base.to_owned() };
    let (own, queue, account) = (["~", "9999"], ["4", "9999"], ["~", "999"]);

    let update = async |by, extension| {
        outcome(presence_api::update_user_presence_status(&by, "~", extension, Some(lunch())).await)
    };
    ringcentral.attempt("UpdateUserPresenceStatus", update, own, [404, 415]).await;
    let read = async |by, extension| {
        outcome(presence_api::read_user_presence_status(&by, "~", extension, None, None, None).await)
    };
    ringcentral.attempt("ReadUserPresenceStatus", read, own, [404, 429]).await;
    let all = async |by, account| {
        outcome(presence_api::read_account_presence(&by, account, None, None, None, None, None).await)
    };
    ringcentral.attempt("ReadAccountPresence", all, account, [404, 503]).await;

    let monitor = async |by, extension| {
        outcome(presence_api::update_monitored_extensions(&by, "~", extension, Some(monitored())).await)
    };
    ringcentral.attempt("updateMonitoredExtensions", monitor, own, [404, 413]).await;
    let monitoring =
        async |by, extension| outcome(presence_api::read_monitored_extensions(&by, "~", extension).await);
    ringcentral.attempt("readMonitoredExtensions", monitoring, own, [404, 429]).await;

    let set = async |by, group| {
        outcome(presence_api::update_call_queue_presence(&by, "~", group, Some(members())).await)
    };
    ringcentral.attempt("updateCallQueuePresence", set, queue, [404, 403]).await;
    let get = async |by, group| outcome(presence_api::read_call_queue_presence(&by, "~", group).await);
    ringcentral.attempt("readCallQueuePresence", get, queue, [404, 429]).await;
    let take = async |by, extension| {
        outcome(presence_api::update_extension_call_queue_presence(&by, "~", extension, Some(queues())).await)
    };
    ringcentral.attempt("updateExtensionCallQueuePresence", take, own, [404, 400]).await;
    let taken =
        async |by, extension| outcome(presence_api::read_extension_call_queue_presence(&by, "~", extension).await);
    ringcentral.attempt("readExtensionCallQueuePresence", taken, own, [404, 503]).await;

    let by = ringcentral.by("demo-bob");
    let seen = presence_api::read_user_presence_status(&by, "~", "1", None, None, None).await;
    assert_eq!(seen.expect("alice's presence").message.as_deref(), Some("lunch"));
}
