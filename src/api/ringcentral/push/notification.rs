//! Notifications on the wire. Source: RingCentral's developer guide, "Event notifications", and captures.

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::{filter::Family, time_text};
use crate::{
    api::ringcentral::{
        backend::queues,
        extract::Uris,
        presence::Detail,
        rule,
        types::{
            Body, ChangedLine, DndEventBody, GetPresenceInfo, LineEventBody, Notification, PresenceEventBody,
            ReminderEventBody,
        },
    },
    app::App,
    directory::User,
    id::UserId,
    presence::{CallKind, Timestamp},
    push::{Message, Subscription},
    service::ExtensionPresence,
    store::StoreError,
};

/// How many calls a notification has at most, the latest.
const MOST_CALLS: usize = 7;

impl Notification {
    /// A message of a subscription, sent at that moment.
    pub(in crate::api::ringcentral) fn new(
        subscription: &Subscription,
        message: &Message,
        uuid: Uuid,
        at: Timestamp,
    ) -> Self {
        Self {
            uuid,
            event: message.event.clone(),
            timestamp: time_text(at),
            subscription_id: subscription.id,
            owner_id: subscription.wish["extension"].to_string(),
            body: RawValue::from_string(message.body.clone()).expect("a body is JSON"),
        }
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
    ) -> Result<Self, StoreError> {
        let account = user.extension.as_ref().map_or(0, |extension| extension.account);
        let info = GetPresenceInfo::new(&Uris::bare(app, account), user, seen, detail);
        let mut presence = PresenceEventBody::new(user.number, seen.sequence, info);
        // Events say how far the calls are of those extensions too of which reads do not.
        let calls = seen.shown.as_ref().map(|shown| shown.calls.as_slice());
        presence.telephony_status =
            calls.map(|calls| rule::telephony_status(calls, CallKind::Telephone).into());
        Ok(match family {
            Family::Queue => Self::Queue(queues::of_queue(app, owner, user).await?),
            Family::QueuesOf => Self::QueuesOf(queues::of_extension(app, user, seen.shown.is_some())),
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

    /// A reminder that a subscription is about to expire.
    pub(super) fn reminder(subscription: &Subscription, now: Timestamp) -> Self {
        let left = subscription.expires.millis_since(now).div_ceil(1_000);
        let expiration_time = time_text(subscription.expires);
        Self::Reminder(ReminderEventBody { expiration_time, expires_in: left })
    }

    /// The body as it is sent.
    pub(super) fn json(&self) -> String {
        json(self)
    }

    /// Tells by itself whether the owner was told the same before. Numbers of changes do not count.
    pub(super) fn hash(&self) -> u64 {
        match self {
            Self::Presence(presence) => presence.hash(),
            Self::Lines(lines) => hash(&json(&LineEventBody { sequence: 0, ..lines.clone() })),
            Self::Dnd(_) | Self::Queue(_) | Self::QueuesOf(_) | Self::Reminder(_) => hash(&json(self)),
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
        hash(&json(&Self { sequence: 0, active_calls, ..self.clone() }))
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("it has a JSON form")
}

/// A hash to tell by whether something is the same as before.
fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}
