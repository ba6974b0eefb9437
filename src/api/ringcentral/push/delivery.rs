//! Sends the notifications of one subscription to its webhook: one at a time, so they arrive in order, and
//! again after growing pauses while the receiver fails. What changes meanwhile is told as it is then.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::http::{HeaderName, HeaderValue};

use super::{
    feed::{Feed, Parcel},
    filter::Reminder,
    handshake,
    line::{Happened, Line},
    notification::Notification,
    registry::{Blacklisted, Delivery, Entry, Subscription},
};
use crate::{
    app::App,
    presence::Timestamp,
    request::{TRACE_PARENT, TraceParent},
    service::ReadError,
};

/// The pause after the first failure; each further one doubles it.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);

/// How long before its end a subscription without a reminder filter is announced to expire, at most, in
/// seconds.
const ANNOUNCED: u64 = 60;

/// How often it is noted how far deliveries have come. After a crash what was delivered since may come twice.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// The header that carries a subscription's own token, by another name than in the question.
const VERIFICATION_TOKEN: HeaderName = HeaderName::from_static("verification-token");

/// Whoever carries one subscription's notifications.
struct Courier {
    app: App,
    line: Line,
    failures: u32,
    retry_at: Option<Timestamp>,
    /// When which reminder was sent, and of which end.
    reminded: HashMap<String, (Timestamp, Timestamp)>,
    /// Whether something was delivered since that was noted, and when it was noted.
    is_unnoted: bool,
    noted_at: Timestamp,
}

/// What to do after a step.
enum Step {
    Again,
    WaitUntil(Timestamp),
    End,
}

/// Goes on with a subscription after a restart: whoever changed since the last delivery is told of.
pub(super) async fn resume(app: &App, entry: Arc<Entry>) {
    let Some(subscription) = entry.get() else { return };
    let since = Some(subscription.delivered);
    match Feed::start(app, &subscription, subscription.interests(), since).await {
        Ok(feed) => start(app, entry, feed),
        Err(error) => tracing::error!(%error, id = %subscription.id, "a subscription could not be resumed"),
    }
}

/// Starts to deliver a subscription's notifications to its webhook.
pub(in crate::api::ringcentral) fn start(app: &App, entry: Arc<Entry>, feed: Feed) {
    let app = app.clone();
    tokio::spawn(async move {
        let (_courier, _watching) = (app.push.courier(), app.metrics.watch("webhook"));
        let courier = Courier {
            line: Line::new(entry, feed),
            failures: 0,
            retry_at: None,
            reminded: HashMap::new(),
            is_unnoted: false,
            noted_at: app.service.now(),
            app: app.clone(),
        };
        courier.run().await;
    });
}

impl Courier {
    async fn run(mut self) {
        while let Some(subscription) = self.line.subscription() {
            let until = match self.step(&subscription).await {
                Ok(Step::Again) => continue,
                Ok(Step::WaitUntil(at)) => at,
                Ok(Step::End) => return,
                Err(error) => {
                    tracing::warn!(%error, id = %subscription.id, "a subscription waits for the store");
                    self.now() + LONGEST_PAUSE.min(pause(self.failures))
                }
            };
            tokio::select! {
                happened = self.line.happened(&self.app) => {
                    if happened == Happened::Changed {
                        // The owner said that the receiver works again.
                        self.failures = 0;
                        self.retry_at = None;
                    }
                }
                () = self.app.alarms.until(until) => {}
                () = self.app.drained() => return self.note_progress(&subscription).await,
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.app.service.now()
    }

    /// Does what is next, if there is something to do now.
    async fn step(&mut self, subscription: &Subscription) -> Result<Step, ReadError> {
        let now = self.now();
        let _work = self.app.push.work();
        if now >= subscription.expires {
            tracing::info!(id = %subscription.id, owner = %subscription.owner, "a subscription has expired");
            self.app.push.subscriptions.expire(subscription.id).await?;
            return Ok(Step::End);
        }
        let extension = self.app.directory.extension(subscription.account, subscription.extension);
        if extension.is_none_or(|user| user.id != subscription.owner) {
            self.app.push.subscriptions.remove(subscription.id).await?;
            return Ok(Step::End);
        }
        let waits = self.retry_at.filter(|at| now < *at);
        if subscription.blacklisted.is_some() || waits.is_some() {
            return Ok(Step::WaitUntil(waits.unwrap_or(subscription.expires).min(subscription.expires)));
        }
        let reminders = reminders(subscription);
        let (remind_at, reminder) = self.next_reminder(subscription, &reminders);
        if let Some(reminder) = reminder.filter(|_| remind_at <= now) {
            let notification = Notification::reminder(subscription, reminder.event.clone(), now);
            if self.send(subscription, &notification, None).await? {
                self.reminded.insert(reminder.event.clone(), (subscription.expires, now));
            }
            return Ok(Step::Again);
        }
        match self.line.feed.next(&self.app, subscription).await {
            Ok(Some(parcel)) => {
                self.deliver(subscription, &parcel).await?;
                Ok(Step::Again)
            }
            Ok(None) => {
                let note_at = self.noted_at + NOTED_EVERY;
                if self.is_unnoted && note_at <= now {
                    self.note_progress(subscription).await;
                }
                let note_at = if self.is_unnoted { note_at } else { subscription.expires };
                Ok(Step::WaitUntil(note_at.min(remind_at).min(subscription.expires)))
            }
            Err(error) => Err(error),
        }
    }

    /// When the next reminder is due, and which it is. Without one it is the end of the subscription.
    fn next_reminder<'a>(
        &self,
        subscription: &Subscription,
        reminders: &'a [Reminder],
    ) -> (Timestamp, Option<&'a Reminder>) {
        let due = |reminder: &'a Reminder| {
            let told = self.reminded.get(&reminder.event).filter(|(end, _)| *end == subscription.expires);
            let at = match told {
                None => reminder.begins(subscription),
                Some(_) if reminder.interval == 0 => return None,
                Some((_, last)) => *last + Duration::from_secs(reminder.interval),
            };
            Some((at, Some(reminder)))
        };
        let first = reminders.iter().filter_map(due).min_by_key(|(at, _)| *at);
        first.filter(|(at, _)| *at < subscription.expires).unwrap_or((subscription.expires, None))
    }

    async fn deliver(&mut self, subscription: &Subscription, parcel: &Parcel) -> Result<(), ReadError> {
        let user = self.app.directory.extension(subscription.account, parcel.item.0);
        let trace = user.and_then(|user| self.app.service.trace_of(&user.id));
        if self.send(subscription, &parcel.notification, trace).await? {
            self.line.feed.arrived(parcel);
            self.is_unnoted = true;
        } else {
            self.line.feed.give_back(parcel);
        }
        Ok(())
    }

    /// Sends a notification. Says whether it arrived; if not, decides how to go on.
    async fn send(
        &mut self,
        subscription: &Subscription,
        notification: &Notification,
        trace: Option<TraceParent>,
    ) -> Result<bool, ReadError> {
        let Err(reason) = post(&self.app, subscription, notification, trace).await else {
            self.count("delivered");
            self.failures = 0;
            self.retry_at = None;
            return Ok(true);
        };
        self.count("failed");
        self.failures += 1;
        self.retry_at = Some(self.now() + pause(self.failures));
        tracing::debug!(reason, failures = self.failures, id = %subscription.id, "a webhook failed");
        if self.failures >= self.app.config.webhooks.attempts {
            self.blacklist(subscription, reason).await?;
        }
        Ok(false)
    }

    fn count(&self, outcome: &'static str) {
        self.app.metrics.families.deliveries.get_or_create(&[("outcome", outcome)]).inc();
    }

    async fn blacklist(&mut self, subscription: &Subscription, reason: String) -> Result<(), ReadError> {
        let (id, owner, failures) = (subscription.id, &subscription.owner, self.failures);
        tracing::warn!(%id, %owner, failures, reason, "a webhook is blacklisted until its owner renews it");
        let blacklisted = Some(Blacklisted { at: self.now(), reason });
        self.count("blacklisted");
        let registry = &self.app.push.subscriptions;
        registry.change(id, None, |subscription| subscription.blacklisted = blacklisted).await?;
        self.failures = 0;
        self.retry_at = None;
        Ok(())
    }

    /// Notes how far deliveries have come, for the next start.
    async fn note_progress(&mut self, subscription: &Subscription) {
        // Whatever was published up to this number was marked before it could be read.
        let token = self.app.service.token();
        if !self.line.feed.is_done() || !self.line.feed.watch().is_quiet() {
            return;
        }
        let registry = &self.app.push.subscriptions;
        match registry.change(subscription.id, None, |subscription| subscription.delivered = token).await {
            Ok(_) => self.is_unnoted = false,
            Err(error) => tracing::warn!(%error, "it could not be noted how far deliveries have come"),
        }
        self.noted_at = self.now();
    }
}

/// The reminders that a subscription asks for; if it asks for none, the one that everybody gets.
fn reminders(subscription: &Subscription) -> Vec<Reminder> {
    let mut reminders = subscription.interests().reminders;
    if reminders.is_empty() {
        let threshold = ANNOUNCED.min(subscription.lifetime_seconds / 2);
        let event = "/restapi/v1.0/subscription/~".to_owned();
        reminders.push(Reminder { event, threshold, interval: 0 });
    }
    reminders
}

impl Reminder {
    fn begins(&self, subscription: &Subscription) -> Timestamp {
        let before = self.threshold.saturating_mul(1_000);
        Timestamp::from_millis(subscription.expires.as_millis().saturating_sub(before))
    }
}

fn pause(failures: u32) -> Duration {
    SHORTEST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_PAUSE)
}

/// Sends a notification to a subscription's address. If it does not arrive, says why.
async fn post(
    app: &App,
    subscription: &Subscription,
    notification: &Notification,
    trace: Option<TraceParent>,
) -> Result<(), String> {
    let Delivery::WebHook { address, verification_token } = &subscription.delivery else {
        return Err("the subscription has no address".to_owned());
    };
    let address = app.push.webhooks.address(address).map_err(|error| error.to_string())?;
    let mut headers = handshake::headers();
    headers.extend(trace.map(|trace| (TRACE_PARENT, trace.header())));
    let token = verification_token.as_ref().and_then(|token| HeaderValue::try_from(token).ok());
    if let Some(token) = token {
        // The reference says the one, the guide the other.
        headers.insert(VERIFICATION_TOKEN, token.clone());
        headers.insert(handshake::VALIDATION_TOKEN, token);
    }
    let answer = app.push.webhooks.post(&address, headers, notification.json().into_bytes()).await;
    match answer.map_err(|error| error.to_string())?.status {
        status if status.is_success() => Ok(()),
        status => Err(format!("the receiver answered {}", status.as_u16())),
    }
}
