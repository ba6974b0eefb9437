//! `/presenced/v1/webhooks`: presence pushed to an application's backend, for admins and service tokens.

pub(super) mod voice;

use std::{collections::BTreeSet, fmt::Display, str::FromStr, sync::Arc, time::Duration};

use axum::{Json, body::Body, extract::State, http::StatusCode};
use uuid::Uuid;

use self::voice::{PresencedVoice, Wish, new_secret, secret_bytes, signed, time_text};
use super::{
    DIALECT,
    access::Bearer,
    error::{BadRequest, ProblemRefusal},
    extract::{AccessError, Asker, Caller, Ids, JsonError, Parameters, read_json},
    types::{
        NoData, SubscriptionIdText, Webhook, WebhookAttempt, WebhookList, WebhookRequest, WebhookState,
        WebhookTest,
    },
};
use crate::{
    api::refusal::refusals,
    app::App,
    directory::{Origin, Scope, TokenId},
    id::DeviceId,
    presence::Timestamp,
    push::{
        AdditionError, Attempt, Owner, Push, Retiring, Snapshot, Subscription, Transport, Voice as _, sender,
    },
    store::StoreError,
    task::to_the_end,
};

refusals! {
    /// Why webhooks are not listed.
    pub(super) enum ListWebhooksError: ProblemRefusal, from AccessError {
        /// There is a parameter, which this takes none of.
        BadRequest => ProblemRefusal::invalid("after: there is no such parameter"),
        Unauthorized,
        /// The caller is neither an admin nor a service token with the scope `read`.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotService),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why no webhook was made.
    pub(super) enum CreateWebhookError: ProblemRefusal, from AccessError, JsonError, StoreError {
        /// The body is not valid, or leads where webhooks are not sent to.
        BadRequest => ProblemRefusal::invalid("url: the address is in a network that webhooks are not sent to"),
        Unauthorized,
        /// The caller is neither an admin nor a service token with the scope `read`.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotService),
        /// There are as many as there may be.
        Conflict => ProblemRefusal::conflict("there may be 30 subscriptions, no more"),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why nothing is done about a webhook.
    pub(super) enum WebhookError: ProblemRefusal, from AccessError, StoreError {
        /// The id is not valid, or there is a parameter, which this takes none of.
        BadRequest => ProblemRefusal::invalid("webhookId: invalid length: expected a UUID"),
        Unauthorized,
        /// The caller is neither an admin nor a service token with the scope `read`.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotService),
        /// There is no such webhook, or another token made it.
        NotFound => Webhook::not_there(),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a webhook was not changed.
    pub(super) enum PutWebhookError: ProblemRefusal, from AccessError, JsonError, StoreError {
        /// The id or the body is not valid, it leads where webhooks are not sent to, or there is a parameter.
        BadRequest => ProblemRefusal::invalid("secret: has to be `whsec_` and 24 to 64 bytes in base64"),
        Unauthorized,
        /// The caller is neither an admin nor a service token with the scope `read`.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotService),
        /// There is no such webhook, or another token made it.
        NotFound => Webhook::not_there(),
        TooLarge,
        Unavailable,
    }
}

/// How long a secret counts beside the one that replaced it.
const RETIRING: Duration = Duration::from_secs(86_400);

/// A caller who may have webhooks.
struct Maker {
    /// The service token; none of an admin, whose webhooks stay.
    token: Option<TokenId>,
}

impl Maker {
    fn of(asker: Asker) -> Result<Self, AccessError> {
        let Bearer { holder, token, .. } = Bearer::of(asker.identified()?)?;
        let caller = Caller::of(holder)?;
        match caller {
            Caller::User(_) => Err(AccessError::NotService),
            Caller::Admin => Ok(Self { token: None }),
            Caller::Service(_) => {
                caller.may(Scope::Read)?;
                Ok(Self { token: Some(token) })
            }
        }
    }

    fn owner(&self) -> Owner {
        let client = self.token.as_ref().map_or("admin", TokenId::as_str);
        let client: DeviceId = client.parse().expect("hexadecimal digits are a name");
        (None, client)
    }

    /// The webhook of that id; an admin's are all of them.
    fn find(&self, app: &App, id: Uuid) -> Option<Arc<Subscription>> {
        let found = Push::of(app).registry.get(id).filter(|found| found.dialect == DIALECT.name);
        found.filter(|found| self.token.is_none() || found.key() == self.owner())
    }
}

/// What a request asks for, once it is read.
struct Asked {
    url: String,
    wish: Wish,
    secret: Option<String>,
}

impl Asked {
    fn read(app: &App, request: WebhookRequest) -> Result<Self, BadRequest> {
        let WebhookRequest { url, users, rooms, secret } = request;
        let address = Push::of(app).webhooks.address(&url);
        address.map_err(|error| ProblemRefusal::invalid(format!("url: {error}")))?;
        let most = app.config.limits.watch_entries;
        if users.iter().flatten().count() + rooms.iter().flatten().count() > most {
            return Err(ProblemRefusal::invalid(format!("users and rooms: at most {most} for one webhook")));
        }
        if secret.as_deref().is_some_and(|secret| secret_bytes(secret).is_none()) {
            return Err(ProblemRefusal::invalid("secret: has to be `whsec_` and 24 to 64 bytes in base64"));
        }
        let wish = Wish { users: ids("users", users)?, rooms: ids("rooms", rooms)? };
        Ok(Self { url, wish, secret })
    }
}

fn ids<T: FromStr<Err: Display> + Ord>(
    name: &str,
    texts: Option<Vec<String>>,
) -> Result<Option<BTreeSet<T>>, BadRequest> {
    let parse = |text: &String| {
        text.parse().map_err(|error| ProblemRefusal::invalid(format!("{name}: {text:?}: {error}")))
    };
    texts.map(|texts| texts.iter().map(parse).collect()).transpose()
}

impl Webhook {
    fn not_there() -> super::error::NotFound {
        ProblemRefusal::not_found("there is no such webhook, or another token made it")
    }

    /// A webhook as it is shown, without its secret.
    fn of(app: &App, subscription: &Subscription) -> Result<Self, StoreError> {
        let Wish { users, rooms } = Wish::of(subscription)?;
        let attempts = Push::of(app).registry.attempts(subscription.id);
        let has_failed = attempts.last().is_some_and(|last| !last.has_succeeded());
        let state = match (&subscription.suspended, has_failed) {
            (Some(_), _) => WebhookState::Disabled,
            (None, true) => WebhookState::Failing,
            (None, false) => WebhookState::Active,
        };
        let url = match &subscription.transport {
            Transport::Webhook { address, .. } => address.clone(),
            Transport::Socket => String::new(),
        };
        Ok(Self {
            webhook_id: subscription.id.to_string(),
            url,
            users: users.map(|users| users.into_iter().map(String::from).collect()),
            rooms: rooms.map(|rooms| rooms.into_iter().map(String::from).collect()),
            state: state.into(),
            attempts: attempts.into_iter().map(WebhookAttempt::from).collect(),
            created_at: subscription.created.as_millis(),
            secret: None,
        })
    }
}

impl From<Attempt> for WebhookAttempt {
    fn from(Attempt { at, delivery, answer }: Attempt) -> Self {
        let (status, error) = match answer {
            Ok(status) => (Some(status), None),
            Err(error) => (None, Some(error)),
        };
        Self { at: at.as_millis(), delivery_id: delivery.to_string(), status, error }
    }
}

/// Make a webhook.
///
/// Its receiver is told of presence as it changes, by the Standard Webhooks specification: each request has the headers
/// `webhook-id`, the same whenever the same is sent again, `webhook-timestamp` and `webhook-signature`. The AsyncAPI
/// document `presenced-events` has the bodies. What is not answered by 200 to 299 is sent again after growing pauses;
/// 410 disables the webhook. A webhook ends when the service token that made it is revoked.
#[utoipa::path(
    post,
    path = "/presenced/v1/webhooks",
    operation_id = "createWebhook",
    request_body(content = WebhookRequest, description = "Where to tell of whom."),
    security(("bearer" = [])),
    tag = "Webhooks",
    responses(
        (status = 201, description = "The webhook, with its secret, which is shown this once.", body = Webhook),
        CreateWebhookError,
    ),
)]
pub(super) async fn create_webhook(
    State(app): State<App>,
    asker: Asker,
    parameters: Parameters,
    body: Body,
) -> Result<(StatusCode, Json<Webhook>), CreateWebhookError> {
    let maker = Maker::of(asker)?;
    parameters.none()?;
    let Asked { url, wish, secret } = Asked::read(&app, read_json(&app, body).await?)?;
    let secret = secret.unwrap_or_else(new_secret);
    let (owner, client) = maker.owner();
    let subscription = Subscription {
        id: Uuid::new_v4(),
        dialect: DIALECT.name.to_owned(),
        owner,
        client,
        login: maker.token.clone(),
        issuer: None,
        wish: wish.kept(),
        transport: Transport::Webhook { address: url, secret: Some(secret.clone()), retiring: None },
        created: app.service.now(),
        expires: Timestamp::HIGHEST,
        lifetime_seconds: 0,
        suspended: None,
        delivered: app.service.token(),
    };
    let interests = PresencedVoice.interests(&subscription)?;
    let snapshot = Snapshot::start(&app, &subscription, interests, None).await?;
    let shown = Webhook { secret: Some(secret), ..Webhook::of(&app, &subscription)? };
    to_the_end(async move {
        let origin = maker.token.map(Origin::Kept);
        let entry = Push::of(&app).registry.add(&PresencedVoice, subscription, origin).await;
        let entry = entry.map_err(|error| match error {
            AdditionError::TooMany => ProblemRefusal::conflict(error.to_string()).into(),
            AdditionError::LoggedOut => CreateWebhookError::from(ProblemRefusal::no_such_token()),
            AdditionError::Store(error) => error.into(),
        })?;
        sender::start(&app, entry, snapshot);
        Ok((StatusCode::CREATED, Json(shown)))
    })
    .await
}

/// List the webhooks.
///
/// Those that were made with the caller's token; for an admin all of them.
#[utoipa::path(
    get,
    path = "/presenced/v1/webhooks",
    operation_id = "listWebhooks",
    security(("bearer" = [])),
    tag = "Webhooks",
    responses(
        (status = 200, description = "The webhooks, without their secrets.", body = WebhookList),
        ListWebhooksError,
    ),
)]
pub(super) async fn list_webhooks(
    State(app): State<App>,
    asker: Asker,
    parameters: Parameters,
) -> Result<Json<WebhookList>, ListWebhooksError> {
    let maker = Maker::of(asker)?;
    parameters.none()?;
    let registry = &Push::of(&app).registry;
    let found = match maker.token {
        Some(_) => registry.list(&maker.owner()),
        None => registry.page(None, usize::MAX - 1).items,
    };
    let own = found.iter().filter(|subscription| subscription.dialect == DIALECT.name);
    let webhooks = own.filter_map(|subscription| Webhook::of(&app, subscription).ok()).collect();
    Ok(Json(WebhookList { webhooks }))
}

/// Get a webhook.
///
/// With its state, and what was sent to it last.
#[utoipa::path(
    get,
    path = "/presenced/v1/webhooks/{webhookId}",
    operation_id = "getWebhook",
    params(("webhookId" = inline(SubscriptionIdText), Path, description = "The webhook's id.",
        example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")),
    security(("bearer" = [])),
    tag = "Webhooks",
    responses(
        (status = 200, description = "The webhook, without its secret.", body = Webhook),
        WebhookError,
    ),
)]
pub(super) async fn get_webhook(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
    parameters: Parameters,
) -> Result<Json<Webhook>, WebhookError> {
    let maker = Maker::of(asker)?;
    parameters.none()?;
    let found = maker.find(&app, ids.get("webhookId")?).ok_or_else(Webhook::not_there)?;
    Ok(Json(Webhook::of(&app, &found)?))
}

/// Change a webhook.
///
/// The whole of it is replaced, but for a secret that is left out. One that was disabled is enabled again.
#[utoipa::path(
    put,
    path = "/presenced/v1/webhooks/{webhookId}",
    operation_id = "putWebhook",
    params(("webhookId" = inline(SubscriptionIdText), Path, description = "The webhook's id.",
        example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")),
    request_body(content = WebhookRequest, description = "Where to tell of whom."),
    security(("bearer" = [])),
    tag = "Webhooks",
    responses(
        (status = 200, description = "The webhook afterwards, without its secret.", body = Webhook),
        PutWebhookError,
    ),
)]
pub(super) async fn put_webhook(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
    parameters: Parameters,
    body: Body,
) -> Result<Json<Webhook>, PutWebhookError> {
    let maker = Maker::of(asker)?;
    parameters.none()?;
    let id: Uuid = ids.get("webhookId")?;
    let found = maker.find(&app, id).ok_or_else(Webhook::not_there)?;
    let Asked { url, wish, secret } = Asked::read(&app, read_json(&app, body).await?)?;
    let changed = Subscription { wish: wish.kept(), ..(*found).clone() };
    let fresh = match changed.wish == found.wish {
        true => None,
        false => {
            let interests = PresencedVoice.interests(&changed)?;
            Some(Snapshot::start(&app, &changed, interests, None).await?)
        }
    };
    let now = app.service.now();
    let worker = app.clone();
    let change = move |subscription: &mut Subscription| {
        subscription.wish = changed.wish;
        subscription.suspended = None;
        subscription.transport = rotated(&subscription.transport, url, secret, now);
    };
    let done = to_the_end(async move { Push::of(&worker).registry.change(id, fresh, change).await }).await?;
    Ok(Json(Webhook::of(&app, &*done.ok_or_else(Webhook::not_there)?)?))
}

/// The way to another address, or with another secret, beside which the one before counts for a while.
fn rotated(before: &Transport, url: String, secret: Option<String>, now: Timestamp) -> Transport {
    let Transport::Webhook { secret: old, retiring, .. } = before else { return before.clone() };
    let is_other = secret.is_some() && secret != *old;
    let retiring = match old.clone().filter(|_| is_other) {
        Some(old) => Some(Retiring { secret: old, until: now + RETIRING }),
        None => retiring.clone(),
    };
    Transport::Webhook { address: url, secret: secret.or_else(|| old.clone()), retiring }
}

/// End a webhook.
///
/// What is under way may still arrive.
#[utoipa::path(
    delete,
    path = "/presenced/v1/webhooks/{webhookId}",
    operation_id = "deleteWebhook",
    params(("webhookId" = inline(SubscriptionIdText), Path, description = "The webhook's id.",
        example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")),
    security(("bearer" = [])),
    tag = "Webhooks",
    responses(
        (status = 204, description = "Nothing more is sent."),
        WebhookError,
    ),
)]
pub(super) async fn delete_webhook(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
    parameters: Parameters,
) -> Result<StatusCode, WebhookError> {
    let maker = Maker::of(asker)?;
    parameters.none()?;
    let id: Uuid = ids.get("webhookId")?;
    maker.find(&app, id).ok_or_else(Webhook::not_there)?;
    match to_the_end(async move { Push::of(&app).registry.remove(id).await }).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Webhook::not_there().into()),
    }
}

/// Try a webhook.
///
/// Sends a message of the type `test` at once, and answers with what came of it.
#[utoipa::path(
    post,
    path = "/presenced/v1/webhooks/{webhookId}/test",
    operation_id = "testWebhook",
    params(("webhookId" = inline(SubscriptionIdText), Path, description = "The webhook's id.",
        example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")),
    security(("bearer" = [])),
    tag = "Webhooks",
    responses(
        (status = 200, description = "What came of it.", body = WebhookAttempt),
        WebhookError,
    ),
)]
pub(super) async fn test_webhook(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
    parameters: Parameters,
) -> Result<Json<WebhookAttempt>, WebhookError> {
    let maker = Maker::of(asker)?;
    parameters.none()?;
    let found = maker.find(&app, ids.get("webhookId")?).ok_or_else(Webhook::not_there)?;
    let (id, now) = (Uuid::new_v4(), app.service.now());
    let test = WebhookTest { kind: "test".to_owned(), timestamp: time_text(now), data: NoData {} };
    let body = serde_json::to_vec(&test).expect("a test has a JSON form");
    let Transport::Webhook { address, .. } = &found.transport else {
        return Err(Webhook::not_there().into());
    };
    let answer = match Push::of(&app).webhooks.address(address) {
        Ok(address) => {
            let request = signed(&found, id, now, body);
            let asked = Push::ask(&app, found.payer(), &address, request).await;
            asked.ok_or_else(|| ProblemRefusal::not_ready("the server is stopping"))?
        }
        // The configuration may have changed since it was made.
        Err(error) => Err(error),
    };
    let attempt = Attempt::new(now, id, &answer);
    Push::of(&app).registry.note_attempt(found.id, attempt.clone());
    Ok(Json(attempt.into()))
}
