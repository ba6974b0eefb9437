//! Presence in the RingCentral dialect.

use std::fmt::Display;

use reqwest::Method;
use serde::Serialize;

use super::{
    Client, Result,
    dialect::RINGCENTRAL,
    transport::{Call, segment},
};
use crate::api::ringcentral::types::{
    AccountPresenceInfo, BatchItem, CallQueueId, CallQueueMemberUpdate, CallQueuePresence,
    CallQueueUpdatePresence, ExtensionCallQueuePresenceList, ExtensionCallQueueUpdate,
    ExtensionCallQueueUpdatePresenceList, GetPresenceInfo, MonitoredExtensionId, MonitoredExtensionUpdate,
    MonitoredExtensions, MonitoredExtensionsUpdate, PresenceInfoResource,
};

/// The form of an answer about several extensions that is all JSON.
const MULTIPART_JSON: &str = "application/vnd.ringcentral.multipart+json";

/// Presence of the extensions of an account: [`Client::ringcentral`]. Extensions and queues are named by their ids, and
/// `~` is the caller's own.
#[derive(Debug)]
pub struct RingCentral<'a> {
    client: &'a Client,
    account: String,
}

/// What of calls is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Calls {
    /// The calls themselves.
    pub detailed_telephony_state: bool,
    /// Their SIP dialogs, and so the calls.
    pub sip_data: bool,
    /// How many there are.
    pub total_active_calls: bool,
}

/// Which page of an account is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Paging {
    /// The page's number, from 1; the first one unless it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// How many extensions a page has; as many as the server says unless it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_page: Option<u32>,
}

impl<'a> RingCentral<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client, account: "~".to_owned() }
    }

    /// The same of the account with this id.
    pub fn account(self, id: impl Display) -> Self {
        Self { account: id.to_string(), ..self }
    }

    /// A page of all users in the account.
    pub async fn account_presence(&self, calls: Calls, paging: Paging) -> Result<AccountPresenceInfo> {
        self.call(Method::GET, "presence").query(&calls).query(&paging).answer().await
    }

    /// An extension's presence.
    pub async fn presence(&self, extension: impl Display, calls: Calls) -> Result<GetPresenceInfo> {
        self.of_extension(Method::GET, &extension, "presence").query(&calls).answer().await
    }

    /// The presence of up to 30 extensions, with what each alone would have been answered with.
    pub async fn presences(
        &self,
        extensions: impl IntoIterator<Item = impl Display>,
        calls: Calls,
    ) -> Result<Vec<BatchItem>> {
        // With a comma behind it a single id is a list too.
        let ids: String = extensions.into_iter().map(|extension| format!("{extension},")).collect();
        let call = self.of_extension(Method::GET, &ids, "presence").query(&calls);
        call.header("accept", MULTIPART_JSON).answer().await
    }

    /// Updates an extension's presence: what is none stays as it is.
    pub async fn update_presence(
        &self,
        extension: impl Display,
        update: GetPresenceInfo,
    ) -> Result<GetPresenceInfo> {
        let update = PresenceInfoResource { info: update };
        let call = self.of_extension(Method::PUT, &extension, "presence").json(&update);
        Ok(call.answer::<PresenceInfoResource>().await?.info)
    }

    /// Whom an extension monitors.
    pub async fn monitored(&self, extension: impl Display) -> Result<MonitoredExtensions> {
        self.of_extension(Method::GET, &extension, "presence/line").answer().await
    }

    /// Has an extension monitor these, and no other extensions.
    pub async fn monitor(
        &self,
        extension: impl Display,
        monitored: impl IntoIterator<Item = impl Display>,
    ) -> Result<MonitoredExtensions> {
        let update = |id: &dyn Display| MonitoredExtensionUpdate {
            id: None,
            extension: MonitoredExtensionId { id: id.to_string() },
        };
        let records = monitored.into_iter().map(|id| update(&id)).collect();
        let call = self.of_extension(Method::PUT, &extension, "presence/line");
        call.json(&MonitoredExtensionsUpdate { records }).answer().await
    }

    /// Which members of a queue take its calls.
    pub async fn queue_presence(&self, queue: impl Display) -> Result<CallQueuePresence> {
        self.of_queue(Method::GET, &queue).answer().await
    }

    /// Says which members of a queue are to take its calls: extensions with whether they do.
    pub async fn update_queue_presence(
        &self,
        queue: impl Display,
        members: impl IntoIterator<Item = (impl Display, bool)>,
    ) -> Result<CallQueuePresence> {
        let update = |(id, accept_current_queue_calls)| CallQueueMemberUpdate {
            member: CallQueueId { id },
            accept_current_queue_calls,
        };
        let records = members.into_iter().map(|(id, accepts)| update((id.to_string(), accepts))).collect();
        self.of_queue(Method::PUT, &queue).json(&CallQueueUpdatePresence { records }).answer().await
    }

    /// Of which queues an extension takes calls.
    pub async fn queues_presence(&self, extension: impl Display) -> Result<ExtensionCallQueuePresenceList> {
        self.of_extension(Method::GET, &extension, "call-queue-presence").answer().await
    }

    /// Says of which queues an extension is to take calls: queues with whether it does.
    pub async fn update_queues_presence(
        &self,
        extension: impl Display,
        queues: impl IntoIterator<Item = (impl Display, bool)>,
    ) -> Result<ExtensionCallQueuePresenceList> {
        let update =
            |(id, accept_calls)| ExtensionCallQueueUpdate { call_queue: CallQueueId { id }, accept_calls };
        let records = queues.into_iter().map(|(id, accepts)| update((id.to_string(), accepts))).collect();
        let call = self.of_extension(Method::PUT, &extension, "call-queue-presence");
        call.json(&ExtensionCallQueueUpdatePresenceList { records }).answer().await
    }

    fn of_extension(&self, method: Method, extension: &dyn Display, below: &str) -> Call {
        self.call(method, &format!("extension/{}/{below}", segment(&extension.to_string())))
    }

    fn of_queue(&self, method: Method, queue: &dyn Display) -> Call {
        self.call(method, &format!("call-queues/{}/presence", segment(&queue.to_string())))
    }

    fn call(&self, method: Method, below: &str) -> Call {
        self.client.call(&RINGCENTRAL, method, &format!("{}/{below}", segment(&self.account)))
    }
}
