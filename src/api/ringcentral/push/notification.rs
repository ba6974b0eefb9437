//! Notifications on the wire. Source: RingCentral's developer guide, "Event notifications", and captures.

use serde::Serialize;
use utoipa::{
    PartialSchema as _, ToSchema,
    openapi::{
        ContentBuilder, HttpMethod, OpenApi, PathItem, PathsBuilder, Ref, Required, ResponseBuilder,
        path::OperationBuilder, request_body::RequestBodyBuilder,
    },
};
use uuid::Uuid;

use super::{feed, filter::Family, registry::Subscription, time_text};
use crate::{
    api::ringcentral::{
        calls::ActiveCallInfo,
        extract::Uris,
        presence::{
            CxTelephonyStatus, Detail, DndStatus, DndStatusPersonal, GetPresenceInfo, MeetingStatus,
            PresenceStatus, UserStatus,
        },
        queues::{self, CallQueuePresence, ExtensionCallQueuePresenceList},
        rule,
    },
    app::App,
    directory::User,
    id::UserId,
    presence::{CallKind, DoNotDisturb, PersonalDnd, TelephonyStatus, Timestamp},
    service::{ExtensionPresence, ReadError},
};

/// How many calls a notification has at most, the latest.
const MOST_CALLS: usize = 7;

/// What a subscriber is told, on a WebSocket or by a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::ringcentral) struct Notification {
    /// The notification's own id. One that is sent again because no answer came has another.
    #[schema(value_type = String, format = "uuid", example = "7d4c6a3e-6a43-4d2e-9b93-2b6d6b0d9c11")]
    uuid: Uuid,
    /// What changed: the filter's path, with the id of the extension.
    #[schema(example = "/restapi/v1.0/account/1/extension/2/presence?detailedTelephonyState=true")]
    event: String,
    /// When it was sent.
    #[schema(format = "date-time", example = "2026-01-05T09:00:01.120Z")]
    timestamp: String,
    /// The subscription.
    #[schema(value_type = String, format = "uuid", example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")]
    subscription_id: Uuid,
    /// The id of the subscription's owner.
    #[schema(example = "1")]
    owner_id: String,
    body: Body,
}

/// What is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = NotificationBody, example = json!({"extensionId": 2, "telephonyStatus": "NoCall", "sequence": 11,
    "presenceStatus": "Busy", "userStatus": "Busy", "dndStatus": "TakeAllCalls", "meetingStatus": "Disconnected",
    "allowSeeMyPresence": true, "ringOnMonitoredCall": false, "pickUpCallsOnHold": false}))]
pub(in crate::api::ringcentral) enum Body {
    Presence(Box<PresenceEventBody>),
    Lines(LineEventBody),
    Dnd(DndEventBody),
    Queue(CallQueuePresence),
    QueuesOf(ExtensionCallQueuePresenceList),
    Reminder(ReminderEventBody),
}

/// An extension's presence, as the subscription's owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::ringcentral) struct PresenceEventBody {
    /// The extension.
    #[schema(value_type = i64, example = 2)]
    extension_id: u64,
    /// How far the user's calls are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    telephony_status: Option<TelephonyStatus>,
    /// The number of the extension's change. It never goes back.
    #[schema(value_type = i32, example = 11)]
    sequence: u32,
    /// What all else comes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    presence_status: Option<PresenceStatus>,
    /// What the user set by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user_status: Option<UserStatus>,
    /// Which calls the user takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DndStatus>, nullable = false)]
    dnd_status: Option<DoNotDisturb>,
    /// The user's status text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Back at noon", max_length = 75, nullable = false)]
    message: Option<String>,
    /// Whether the user is in a meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    meeting_status: Option<MeetingStatus>,
    /// Whether others may see the user's presence. Whom they may not see looks offline, and most is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    allow_see_my_presence: Option<bool>,
    /// Whether the user's telephone rings when a monitored extension's does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    ring_on_monitored_call: Option<bool>,
    /// Whether the user takes up calls that a monitored extension has on hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    pick_up_calls_on_hold: Option<bool>,
    /// Which calls to themselves alone the user takes, in accounts that have this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DndStatusPersonal>, nullable = false)]
    dnd_status_personal: Option<PersonalDnd>,
    /// Whether the user takes calls of queues, in accounts that have this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    accept_call_queue_calls: Option<bool>,
    /// The latest of the user's calls, if there are any and the filter asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 7, nullable = false)]
    active_calls: Option<Vec<ActiveCallInfo>>,
    /// How many calls the user has, if the filter asks for calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 1, nullable = false)]
    total_active_calls: Option<usize>,
    /// How far the user's calls are, those of a contact centre among them; while there are such calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    aggregated_telephony_status: Option<TelephonyStatus>,
    /// Whether a contact centre has the user in a call; while there are such calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    cx_telephony_status: Option<CxTelephonyStatus>,
}

/// That others are monitored than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::ringcentral) struct LineEventBody {
    /// The extensions that are monitored now.
    extension: Vec<ChangedLine>,
    /// The number of the latest change of the extension that monitors them. It never goes back.
    #[schema(value_type = i32, example = 11)]
    sequence: u32,
}

/// A monitored extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::api::ringcentral) struct ChangedLine {
    /// The extension's id.
    #[schema(example = "2")]
    id: String,
}

/// An extension's do-not-disturb state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
// Without more, so that every body is of one kind alone.
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api::ringcentral) struct DndEventBody {
    /// The extension.
    #[schema(value_type = i64, example = 2)]
    extension_id: u64,
    /// Which calls the user takes, if the subscription's owner may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DndStatus>, nullable = false)]
    dnd_status: Option<DoNotDisturb>,
}

/// That the subscription is about to expire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::ringcentral) struct ReminderEventBody {
    /// When the subscription expires, unless it is renewed.
    #[schema(format = "date-time", example = "2026-01-12T09:00:00.000Z")]
    expiration_time: String,
    /// The same in seconds from now.
    #[schema(value_type = i64, example = 60)]
    expires_in: u64,
}

impl Notification {
    pub(super) fn new(subscription: &Subscription, event: String, now: Timestamp, body: Body) -> Self {
        Self {
            uuid: Uuid::new_v4(),
            event,
            timestamp: time_text(now),
            subscription_id: subscription.id,
            owner_id: subscription.extension.to_string(),
            body,
        }
    }

    /// A reminder that a subscription is about to expire.
    pub(super) fn reminder(subscription: &Subscription, event: String, now: Timestamp) -> Self {
        let left = subscription.expires.millis_since(now).div_ceil(1_000);
        let body = ReminderEventBody { expiration_time: time_text(subscription.expires), expires_in: left };
        Self::new(subscription, event, now, Body::Reminder(body))
    }

    /// The notification as it is sent.
    pub(in crate::api::ringcentral) fn json(&self) -> String {
        serde_json::to_string(self).expect("a notification has a JSON form")
    }
}

impl Body {
    /// What the subscription's owner, who sees `seen` of a user, is told in one form.
    pub(super) async fn new(
        app: &App,
        owner: &UserId,
        user: &User,
        seen: &ExtensionPresence,
        family: Family,
        detail: Detail,
    ) -> Result<Self, ReadError> {
        let account = user.extension.as_ref().map_or(0, |extension| extension.account);
        let info = GetPresenceInfo::new(&Uris::bare(app, account), user, seen, detail);
        let mut presence = PresenceEventBody::new(user.number, seen.sequence, info);
        // Events say how far the calls are of those extensions too of which reads do not.
        let calls = seen.shown.as_ref().map(|shown| shown.calls.as_slice());
        presence.telephony_status = calls.map(|calls| rule::telephony_status(calls, CallKind::Telephone));
        Ok(match family {
            Family::Queue => Self::Queue(queues::of_queue(app, owner, user).await?),
            Family::QueuesOf => Self::QueuesOf(queues::of_extension(app, owner, user).await?),
            Family::Presence | Family::Lines | Family::Favorites => Self::Presence(Box::new(presence)),
            Family::LineList => {
                let lines = app.directory.lines(user).into_iter();
                let extension = lines.map(|line| ChangedLine { id: line.extension.to_string() }).collect();
                Self::Lines(LineEventBody { extension, sequence: seen.sequence })
            }
            Family::Dnd => {
                Self::Dnd(DndEventBody { extension_id: user.number, dnd_status: presence.dnd_status })
            }
        })
    }

    /// Tells by itself whether the owner was told the same before. Numbers of changes do not count.
    pub(super) fn hash(&self) -> u64 {
        match self {
            Self::Presence(presence) => presence.hash(),
            Self::Lines(lines) => feed::hash(&json(&LineEventBody { sequence: 0, ..lines.clone() })),
            Self::Dnd(_) | Self::Queue(_) | Self::QueuesOf(_) | Self::Reminder(_) => feed::hash(&json(self)),
        }
    }
}

impl PresenceEventBody {
    fn new(extension_id: u64, sequence: u32, info: GetPresenceInfo) -> Self {
        let calls = info.active_calls.map(|calls| {
            let older = calls.len().saturating_sub(MOST_CALLS);
            calls.into_iter().skip(older).collect()
        });
        Self {
            extension_id,
            telephony_status: info.telephony_status,
            sequence,
            presence_status: info.presence_status,
            user_status: info.user_status,
            dnd_status: info.dnd_status,
            message: info.message,
            meeting_status: info.meeting_status,
            allow_see_my_presence: info.allow_see_my_presence,
            ring_on_monitored_call: info.ring_on_monitored_call,
            pick_up_calls_on_hold: info.pick_up_calls_on_hold,
            dnd_status_personal: info.dnd_status_personal,
            accept_call_queue_calls: info.accept_call_queue_calls,
            active_calls: calls,
            total_active_calls: info.total_active_calls,
            aggregated_telephony_status: info.aggregated_telephony_status,
            cx_telephony_status: info.cx_telephony_status,
        }
    }

    /// A call that has ended is told of once, when it is no more among the others: that it is not shown any more is
    /// no news.
    fn hash(&self) -> u64 {
        let calls = self.active_calls.iter().flatten().filter(|call| !call.has_ended()).cloned().collect();
        let active_calls = Some(calls).filter(|calls: &Vec<_>| !calls.is_empty());
        feed::hash(&json(&Self { sequence: 0, active_calls, ..self.clone() }))
    }
}

/// Adds to a document what a webhook is sent.
pub(in crate::api::ringcentral) fn describe(document: &mut OpenApi) {
    let mut schemas = vec![(Notification::name().into_owned(), Notification::schema())];
    Notification::schemas(&mut schemas);
    document.components.get_or_insert_default().schemas.extend(schemas);
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Notification::name()))).build();
    let body = RequestBodyBuilder::new()
        .description(Some("What changed."))
        .content("application/json", content)
        .required(Some(Required::True));
    let operation = OperationBuilder::new()
        .summary(Some("Take a notification."))
        .description(Some("Any status from 200 to 299 says that it arrived."))
        .request_body(Some(body.build()))
        .response("200", ResponseBuilder::new().description("The notification arrived."));
    let item = PathItem::new(HttpMethod::Post, operation);
    document.webhooks = Some(PathsBuilder::new().path("notification", item).build());
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("it has a JSON form")
}
