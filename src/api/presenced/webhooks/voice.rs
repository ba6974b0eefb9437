//! What the core asks of this dialect: how a webhook is told.
//! Source: the Standard Webhooks specification, <https://www.standardwebhooks.com>

use std::{collections::BTreeSet, fmt::Display, sync::Arc};

use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use hashbrown::HashSet;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    api::{
        Open,
        presenced::{
            DIALECT,
            types::{PresenceState, UserPresence, WebhookEvent, WebhookUser, WebhookUsers},
        },
    },
    app::App,
    changes::{Marks, Topic},
    directory::{Scope, TokenSecret},
    id::{RoomId, UserId},
    presence::{State, Timestamp},
    push::{
        Before, Delivery, Interests, Item, Message, Reminder, Request, Retiring, Subscription, Transport,
        Verdict, Voice, webhook::Answer,
    },
    request,
    service::Viewer,
    store::StoreError,
};

/// The most users that one delivery tells of.
const MOST_USERS: usize = 100;

/// What secrets begin with.
const SECRET: &str = "whsec_";

/// How many bytes a secret may have.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// This dialect's way of telling.
pub(in crate::api::presenced) struct PresencedVoice;

/// Whom a webhook is about, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wish {
    /// None, and no rooms: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) users: Option<BTreeSet<UserId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rooms: Option<BTreeSet<RoomId>>,
}

impl Wish {
    pub(super) fn of(subscription: &Subscription) -> Result<Self, StoreError> {
        Self::deserialize(&subscription.wish).map_err(|error| unreadable(subscription, &error))
    }

    pub(super) fn kept(&self) -> Value {
        serde_json::to_value(self).expect("a wish has a JSON form")
    }

    fn is_of_everybody(&self) -> bool {
        self.users.is_none() && self.rooms.is_none()
    }

    /// Whether it is about a user wherever they are. Of such a one all is known from the start.
    fn names(&self, user: &str) -> bool {
        self.is_of_everybody() || self.users.iter().flatten().any(|named| named.as_str() == user)
    }

    fn covers(&self, app: &App, user: &UserId) -> bool {
        self.is_of_everybody()
            || self.users.as_ref().is_some_and(|users| users.contains(user))
            || self.rooms.iter().flatten().any(|room| app.directory.is_member(room, user))
    }
}

fn unreadable(subscription: &Subscription, why: &dyn Display) -> StoreError {
    StoreError::Unreadable(format!("the wish of the subscription {} cannot be read: {why}", subscription.id))
}

/// A new secret of 32 bytes.
pub(super) fn new_secret() -> String {
    let random = TokenSecret::random();
    let bytes = hex::decode(random.reveal().trim_start_matches("pd_")).expect("hexadecimal digits");
    format!("{SECRET}{}", BASE64_STANDARD.encode(bytes))
}

/// The bytes of a secret, if it is one.
pub(super) fn secret_bytes(secret: &str) -> Option<Vec<u8>> {
    let bytes = BASE64_STANDARD.decode(secret.strip_prefix(SECRET)?).ok()?;
    SECRET_BYTES.contains(&bytes.len()).then_some(bytes)
}

/// A request with a body, signed with every secret that counts.
pub(super) fn signed(subscription: &Subscription, id: Uuid, now: Timestamp, body: Vec<u8>) -> Request {
    let seconds = now.as_millis() / 1_000;
    let signatures: Vec<String> = secrets(subscription, now)
        .filter_map(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&secret_bytes(secret)?).ok()?;
            mac.update(format!("{id}.{seconds}.").as_bytes());
            mac.update(&body);
            Some(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
        })
        .collect();
    let text = |text: String| HeaderValue::try_from(text).expect("visible characters");
    let lines = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::USER_AGENT, HeaderValue::from_static(concat!("presenced/", env!("CARGO_PKG_VERSION")))),
        (HeaderName::from_static("webhook-id"), text(id.to_string())),
        (HeaderName::from_static("webhook-timestamp"), HeaderValue::from(seconds)),
        (HeaderName::from_static("webhook-signature"), text(signatures.join(" "))),
    ];
    Request { headers: HeaderMap::from_iter(lines), body }
}

/// The secret of a webhook, and the one before it while it counts.
fn secrets(subscription: &Subscription, now: Timestamp) -> impl Iterator<Item = &str> {
    let (secret, retiring) = match &subscription.transport {
        Transport::Webhook { secret, retiring, .. } => (secret.as_deref(), retiring.as_ref()),
        Transport::Socket => (None, None),
    };
    let retiring = retiring.filter(|Retiring { until, .. }| now < *until);
    secret.into_iter().chain(retiring.map(|retiring| retiring.secret.as_str()))
}

/// A moment as RFC 3339 has it.
pub(super) fn time_text(at: Timestamp) -> String {
    let since = std::time::Duration::from_millis(at.as_millis());
    humantime::format_rfc3339_millis(std::time::UNIX_EPOCH + since).to_string()
}

impl Voice for PresencedVoice {
    fn dialect(&self) -> &'static str {
        DIALECT.name
    }

    fn interests(&self, subscription: &Subscription) -> Result<Arc<dyn Interests>, StoreError> {
        Ok(Arc::new(Wish::of(subscription)?))
    }

    /// It ends with the token that it was made with, which the directory sees to; and when that may not read any more.
    fn holds(&self, app: &App, subscription: &Subscription) -> bool {
        let may_read = |token| app.directory.scopes_of(token).is_some_and(|it| it.contains(Scope::Read));
        subscription.login.as_ref().is_none_or(may_read)
    }

    fn batch(&self) -> usize {
        MOST_USERS
    }

    fn keeps_deliveries(&self) -> bool {
        true
    }

    fn request(&self, subscription: &Subscription, delivery: &Delivery, now: Timestamp) -> Request {
        let wish = Wish::of(subscription).unwrap_or_default();
        let user = |message: &Message| {
            let presence: UserPresence = serde_json::from_str(&message.body).expect("it was written here");
            let from = from(message.before, || wish.names(&presence.user_id)).map(Open::from);
            WebhookUser { presence, from }
        };
        let event = WebhookEvent {
            kind: "presence".to_owned(),
            timestamp: time_text(delivery.at),
            data: WebhookUsers { users: delivery.messages.iter().map(user).collect() },
        };
        let body = serde_json::to_vec(&event).expect("an event has a JSON form");
        let mut request = signed(subscription, delivery.id, now, body);
        if let Some(trace) = request::current_trace() {
            trace.put_on(&mut request.headers);
        }
        request
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        match answer.status {
            status if status.is_success() => Verdict::Delivered,
            StatusCode::GONE => Verdict::Never,
            _ => Verdict::Again,
        }
    }

    fn upgrade(&self, _: &Value) -> Option<Subscription> {
        None
    }
}

/// States as the lowest bits of a hash have them.
const STATES: [PresenceState; 4] =
    [PresenceState::Offline, PresenceState::Unavailable, PresenceState::Online, PresenceState::Busy];

/// What tells by itself whether the same was told before, and the state that was.
fn hash(body: &str, state: State) -> u64 {
    let state: PresenceState = state.into();
    let place = STATES.iter().position(|one| *one == state).unwrap_or_default();
    xxh3_64(body.as_bytes()) << 2 | place as u64
}

/// The state that was told before. Of whom nothing was they were offline, unless they came into a room since.
fn from(before: Before, is_known: impl FnOnce() -> bool) -> Option<PresenceState> {
    match before {
        Before::Told(hash) => STATES.get((hash & 3) as usize).copied(),
        Before::Nothing => is_known().then_some(PresenceState::Offline),
        Before::Unknown => None,
    }
}

#[async_trait]
impl Interests for Wish {
    fn topics(&self, _: &App) -> HashSet<Topic> {
        if self.is_of_everybody() {
            return [Topic::Server].into();
        }
        let users = self.users.iter().flatten().cloned().map(Topic::User);
        users.chain(self.rooms.iter().flatten().cloned().map(Topic::Room)).collect()
    }

    async fn items(&self, app: &App, since: Option<u64>) -> Result<Vec<Item>, StoreError> {
        let users: BTreeSet<UserId> = if self.is_of_everybody() {
            app.service.present_or_changed(since).await?.into_iter().collect()
        } else {
            let rooms = self.rooms.iter().flatten().flat_map(|room| app.directory.members(room));
            self.users.iter().flatten().cloned().chain(rooms).collect()
        };
        Ok(users.iter().filter_map(|user| item(app, user)).collect())
    }

    fn covers(&self, app: &App, item: Item) -> bool {
        app.directory.user_with_number(item.user).is_some_and(|user| self.covers(app, &user.id))
    }

    fn touched(&self, app: &App, marks: &Marks) -> Vec<Item> {
        marks.users.keys().filter_map(|user| item(app, user)).collect()
    }

    async fn look(&self, app: &App, items: &[Item]) -> Result<Vec<Message>, StoreError> {
        let users =
            items.iter().filter_map(|item| Some((*item, app.directory.user_with_number(item.user)?.id)));
        let users: Vec<(Item, UserId)> = users.filter(|(_, user)| self.covers(app, user)).collect();
        let ids: Vec<&UserId> = users.iter().map(|(_, user)| user).collect();
        let seen = app.service.get_many(Viewer::Admin, &ids, app.service.now()).await?;
        let messages = users.iter().zip(seen).filter_map(|((item, user), seen)| {
            let seen = seen.ok()?;
            let body = serde_json::to_string(&UserPresence::in_event(user, &seen)).ok()?;
            Some(Message {
                item: Some(*item),
                version: seen.version,
                hash: hash(&body, seen.state),
                before: Before::Nothing,
                event: "presence".to_owned(),
                body,
            })
        });
        Ok(messages.collect())
    }

    fn reminder(&self, _: &Subscription) -> Option<Reminder> {
        None
    }

    /// It does not end by itself.
    fn remind(&self, _: &Subscription, _: Timestamp) -> Message {
        let (event, body) = (String::new(), String::new());
        Message { item: None, version: 0, hash: 0, before: Before::Nothing, event, body }
    }
}

fn item(app: &App, user: &UserId) -> Option<Item> {
    Some(Item { user: app.directory.user(user)?.number, form: 0 })
}
