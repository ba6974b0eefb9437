//! Delivers the messages of one subscription to its webhook: one delivery at a time, so they arrive in order, and
//! again after growing pauses while the receiver fails. What changes meanwhile is told as it is then.

use std::{sync::Arc, time::Duration};

use super::{
    Push,
    registry::{Attempt, Entry},
    snapshot::Snapshot,
    subscription::{Subscription, Suspension, Transport},
    tracked::{Happened, Tracked},
    turns::Turn,
    voice::{Delivery, Item, Verdict},
    webhook::Address,
};
use crate::{app::App, presence::Timestamp, request::Trace, store::StoreError};

/// The pause after the first failure; each further one doubles it.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);

/// How often it is noted how far deliveries have come. After a crash what was delivered since may come twice.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// How soon it is noticed that this node is the one to deliver, because another is gone.
const LOOKED_EVERY: Duration = Duration::from_millis(500);

/// Delivers one subscription's messages.
struct Sender {
    app: App,
    tracked: Tracked,
    /// Whether another node delivers.
    is_idle: bool,
    failures: u32,
    /// What did not arrive, where it is sent again as it was.
    unsent: Option<Delivery>,
    retry_at: Option<Timestamp>,
    /// When the last reminder was sent, and of which end.
    reminded: Option<(Timestamp, Timestamp)>,
    /// Whether something was delivered since that was noted, and when it was noted.
    is_unnoted: bool,
    noted_at: Timestamp,
}

/// What to do after a step.
enum Step {
    Again,
    WaitUntil(Timestamp),
    /// The subscription was changed while it waited for its turn.
    LookAgain,
    /// The server is about to stop.
    Stop,
    End,
}

/// What became of a delivery.
enum Outcome {
    Arrived,
    Failed {
        reason: String,
        verdict: Verdict,
    },
    /// Nothing was sent: the subscription was changed before.
    Overtaken,
    /// Nothing was sent: the server is about to stop.
    Stopping,
}

/// Goes on with subscriptions after a restart, one after the other: users who changed since the last delivery is told
/// of.
pub(super) async fn resume(app: &App, kept: Vec<Arc<Entry>>) {
    for entry in kept {
        let Some(subscription) = entry.get() else { continue };
        let id = subscription.id;
        let interests = match entry.voice.interests(&subscription) {
            Ok(interests) => interests,
            Err(error) => {
                tracing::error!(%error, %id, "a subscription cannot be read, and brings nothing");
                continue;
            }
        };
        let since = Some(subscription.delivered);
        let snapshot = loop {
            match Snapshot::start(app, &subscription, interests.clone(), since).await {
                Ok(snapshot) => break snapshot,
                Err(error) => {
                    tracing::warn!(%error, %id, "a subscription waits for the store");
                    app.alarms.until(app.service.now() + SHORTEST_PAUSE).await;
                }
            }
        };
        start(app, entry, snapshot);
    }
}

/// Starts to deliver a subscription's messages to its webhook.
pub fn start(app: &App, entry: Arc<Entry>, snapshot: Snapshot) {
    let app = app.clone();
    tokio::spawn(async move {
        let (_sender, _watching) = (Push::of(&app).sender(), app.metrics.watch("webhook"));
        let sender = Sender {
            tracked: Tracked::new(entry, snapshot),
            is_idle: false,
            failures: 0,
            unsent: None,
            retry_at: None,
            reminded: None,
            is_unnoted: false,
            noted_at: app.service.now(),
            app: app.clone(),
        };
        sender.run().await;
    });
}

impl Sender {
    async fn run(mut self) {
        let mut replacements = self.app.config.replacements();
        while let Some(subscription) = self.tracked.subscription(&self.app) {
            let until = match self.step(&subscription).await {
                Ok(Step::Again) => continue,
                Ok(Step::LookAgain) => {
                    self.forgive();
                    continue;
                }
                Ok(Step::WaitUntil(at)) => at,
                Ok(Step::Stop) => return self.note_progress(&subscription).await,
                Ok(Step::End) => return,
                Err(error) => {
                    tracing::warn!(%error, id = %subscription.id, "a subscription waits for the store");
                    self.now() + LONGEST_PAUSE.min(pause(self.failures))
                }
            };
            tokio::select! {
                happened = self.tracked.happened(&self.app) => {
                    if happened == Happened::Changed {
                        self.forgive();
                    }
                }
                () = self.app.alarms.until(until) => {}
                _ = replacements.changed() => {}
                () = self.app.drained() => return self.note_progress(&subscription).await,
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.app.service.now()
    }

    /// The owner said that the receiver works again.
    fn forgive(&mut self) {
        self.failures = 0;
        self.retry_at = None;
    }

    /// What did not arrive is told as it is when it is told.
    fn give_up(&mut self) {
        if let Some(delivery) = self.unsent.take() {
            self.tracked.snapshot.give_back(&delivery);
        }
    }

    /// Does what is next, if there is something to do now.
    async fn step(&mut self, subscription: &Subscription) -> Result<Step, StoreError> {
        let now = self.now();
        let _work = Push::of(&self.app).work();
        let registry = &Push::of(&self.app).registry;
        if now >= subscription.expires {
            tracing::info!(id = %subscription.id, owner = subscription.payer(), "a subscription has expired");
            registry.expire(subscription.id).await?;
            return Ok(Step::End);
        }
        let auth = &self.app.config.auth;
        let is_let = subscription.issuer.as_deref().is_none_or(|issuer| auth.lets_read(issuer));
        if !is_let || !self.tracked.voice().holds(&self.app, subscription) {
            registry.remove(subscription.id).await?;
            return Ok(Step::End);
        }
        if !self.leads(subscription).await? {
            return Ok(Step::WaitUntil((now + LOOKED_EVERY).min(subscription.expires)));
        }
        let waits = self.retry_at.filter(|at| now < *at);
        if subscription.suspended.is_some() || waits.is_some() {
            return Ok(Step::WaitUntil(waits.unwrap_or(subscription.expires).min(subscription.expires)));
        }
        let remind_at = self.next_reminder(subscription).filter(|at| *at < subscription.expires);
        let is_due = remind_at.is_some_and(|at| at <= now);
        if !is_due && self.unsent.is_none() && self.tracked.snapshot.is_done() {
            return Ok(Step::WaitUntil(self.rest(subscription, remind_at).await));
        }
        let app = self.app.clone();
        // What is sent is looked at when its turn has come.
        let outcome = match self.turn(&app, subscription).await {
            Err(outcome) => outcome,
            Ok((address, _turn)) if is_due => self.remind(subscription, &address, now).await,
            Ok((address, _turn)) => {
                // It may be about something else now.
                let covers = |delivery| self.tracked.snapshot.covers(&app, delivery);
                if !self.unsent.as_ref().is_none_or(covers) {
                    self.give_up();
                }
                let most = self.tracked.voice().batch();
                let next = match self.unsent.take() {
                    Some(delivery) => Some(delivery),
                    None => self.tracked.snapshot.next(&app, most).await?,
                };
                match next {
                    Some(delivery) => self.deliver(subscription, &address, &delivery).await,
                    None => return Ok(Step::Again),
                }
            }
        };
        self.judge(subscription, outcome).await
    }

    /// Whether this node is the one to deliver. Where it was another until now, what that one had not noted as
    /// delivered is told again.
    async fn leads(&mut self, subscription: &Subscription) -> Result<bool, StoreError> {
        let leads = self.app.service.leads(&subscription.id.to_string());
        if !leads && self.is_unnoted {
            self.note_progress(subscription).await;
        }
        let was_idle = std::mem::replace(&mut self.is_idle, !leads);
        if was_idle && !self.is_idle {
            let interests = self.tracked.voice().interests(subscription)?;
            let since = Some(subscription.delivered);
            match Snapshot::start(&self.app, subscription, interests, since).await {
                Ok(snapshot) => self.tracked.snapshot = snapshot,
                Err(error) => {
                    self.is_idle = true;
                    return Err(error);
                }
            }
            tracing::debug!(id = %subscription.id, "a subscription is delivered by this node from now on");
        }
        Ok(!self.is_idle)
    }

    /// Says until when there is nothing to do.
    async fn rest(&mut self, subscription: &Subscription, remind_at: Option<Timestamp>) -> Timestamp {
        let note_at = self.noted_at + NOTED_EVERY;
        if self.is_unnoted && note_at <= self.now() {
            self.note_progress(subscription).await;
        }
        let note_at = self.is_unnoted.then_some(note_at);
        [note_at, remind_at].into_iter().flatten().fold(subscription.expires, Timestamp::min)
    }

    /// When the next reminder is due, if there is one.
    fn next_reminder(&self, subscription: &Subscription) -> Option<Timestamp> {
        let reminder = self.tracked.snapshot.interests().reminder(subscription)?;
        match self.reminded.filter(|(end, _)| *end == subscription.expires) {
            None => Some(reminder.begins(subscription)),
            Some(_) if reminder.every.is_zero() => None,
            Some((_, last)) => Some(last + reminder.every),
        }
    }

    async fn remind(&mut self, subscription: &Subscription, address: &Address, now: Timestamp) -> Outcome {
        let message = self.tracked.snapshot.interests().remind(subscription, now);
        let outcome = self.post(subscription, address, &Delivery::new(now, vec![message])).await;
        if matches!(outcome, Outcome::Arrived) {
            self.reminded = Some((subscription.expires, now));
        }
        outcome
    }

    async fn deliver(
        &mut self,
        subscription: &Subscription,
        address: &Address,
        delivery: &Delivery,
    ) -> Outcome {
        let outcome = self.post(subscription, address, delivery).await;
        if matches!(outcome, Outcome::Arrived) {
            self.tracked.snapshot.arrived(delivery);
            self.is_unnoted = true;
        } else if self.tracked.voice().keeps_deliveries() {
            self.unsent = Some(delivery.clone());
        } else {
            self.tracked.snapshot.give_back(delivery);
        }
        outcome
    }

    /// Decides how to go on after a delivery.
    async fn judge(&mut self, subscription: &Subscription, outcome: Outcome) -> Result<Step, StoreError> {
        let (reason, verdict) = match outcome {
            Outcome::Arrived => {
                self.count("delivered");
                self.forgive();
                return Ok(Step::Again);
            }
            Outcome::Failed { reason, verdict } => (reason, verdict),
            Outcome::Overtaken => return Ok(Step::LookAgain),
            Outcome::Stopping => return Ok(Step::Stop),
        };
        self.count("failed");
        self.failures += 1;
        self.retry_at = Some(self.now() + pause(self.failures));
        tracing::debug!(reason, failures = self.failures, id = %subscription.id, "a webhook failed");
        if verdict == Verdict::Never || self.failures >= self.app.config.webhooks.attempts {
            self.suspend(subscription, reason).await?;
        }
        Ok(Step::Again)
    }

    fn count(&self, outcome: &'static str) {
        self.app.metrics.families.deliveries.get_or_create(&[("outcome", outcome)]).inc();
    }

    async fn suspend(&mut self, subscription: &Subscription, reason: String) -> Result<(), StoreError> {
        let (id, owner, failures) = (subscription.id, subscription.payer(), self.failures);
        tracing::warn!(%id, owner, failures, reason, "a webhook is blacklisted until its owner renews it");
        let suspended = Some(Suspension { at: self.now(), reason });
        self.count("blacklisted");
        let registry = &Push::of(&self.app).registry;
        registry.change(id, None, |subscription| subscription.suspended = suspended).await?;
        self.give_up();
        self.forgive();
        Ok(())
    }

    /// Notes how far deliveries have come, for the next start.
    async fn note_progress(&mut self, subscription: &Subscription) {
        if self.is_idle {
            return;
        }
        // Whatever was published up to this number was marked before it could be read.
        let token = self.app.service.token();
        if self.unsent.is_some()
            || !self.tracked.snapshot.is_done()
            || !self.tracked.snapshot.watch().is_quiet()
        {
            return;
        }
        let registry = &Push::of(&self.app).registry;
        match registry.change(subscription.id, None, |subscription| subscription.delivered = token).await {
            Ok(_) => self.is_unnoted = false,
            Err(error) => tracing::warn!(%error, "it could not be noted how far deliveries have come"),
        }
        self.noted_at = self.now();
    }

    /// Waits for a turn to send something to the subscription's address.
    async fn turn(&mut self, app: &App, subscription: &Subscription) -> Result<(Address, Turn), Outcome> {
        let Transport::Webhook { address, .. } = &subscription.transport else {
            return Err(Outcome::failed("the subscription has no address"));
        };
        let address = Push::of(app).webhooks.address(address).map_err(Outcome::failed)?;
        let turn = tokio::select! {
            biased;
            turn = Push::turn(app, subscription.payer(), &address) => turn,
            () = self.tracked.changed() => return Err(Outcome::Overtaken),
        };
        turn.map(|turn| (address, turn)).ok_or(Outcome::Stopping)
    }

    /// Sends a delivery.
    async fn post(&self, subscription: &Subscription, address: &Address, delivery: &Delivery) -> Outcome {
        let voice = self.tracked.voice();
        let mut request = voice.request(subscription, delivery, self.now());
        let first = delivery.messages.first().and_then(|message| message.item);
        if let Some(trace) = self.trace(first) {
            trace.put_on(&mut request.headers);
        }
        let answer = Push::of(&self.app).webhooks.post(address, request.headers, request.body).await;
        self.tracked.note_attempt(Attempt::new(self.now(), delivery.id, &answer));
        match answer {
            Ok(answer) => match voice.judge(&answer) {
                Verdict::Delivered => Outcome::Arrived,
                verdict => Outcome::Failed {
                    reason: format!("the receiver answered {}", answer.status.as_u16()),
                    verdict,
                },
            },
            Err(error) => Outcome::failed(error),
        }
    }

    /// The trace of the change that an item had last.
    fn trace(&self, item: Option<Item>) -> Option<Trace> {
        let user = self.app.directory.user_with_number(item?.user)?;
        self.app.service.trace_of(&user.id)
    }
}

impl Outcome {
    fn failed(reason: impl ToString) -> Self {
        Self::Failed { reason: reason.to_string(), verdict: Verdict::Again }
    }
}

fn pause(failures: u32) -> Duration {
    SHORTEST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_PAUSE)
}
