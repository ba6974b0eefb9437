//! How many users are in which state, and how many claims. All of them are looked at in turns, a few at a time:
//! there may be millions.

use std::mem;

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::Mutex;

use crate::{
    app::{App, Own, Parts},
    id::UserId,
    metrics::{By, Families},
    presence::State,
    store::PARTITIONS,
};

/// How many users are looked at in one turn: about two milliseconds' work.
const TURN: usize = 2_000;

/// How many turns pass after a count before the next: a server with few users counts them once in a second.
const REST: usize = 3;

const STATES: [(State, &str); 4] = [
    (State::Offline, "offline"),
    (State::Unavailable, "unavailable"),
    (State::Online, "online"),
    (State::Busy, "busy"),
];

/// A count under way.
#[derive(Debug, Default)]
struct Census(Mutex<Count>);

/// What was counted so far.
#[derive(Debug, Default)]
struct Count {
    /// Who is left of the partitions before the next.
    left: Vec<UserId>,
    /// The partition that is next.
    next: usize,
    /// How many turns to rest before it begins.
    rest: usize,
    users: [i64; STATES.len()],
    claims: [i64; STATES.len()],
}

impl Own for Census {
    fn new(_: &Parts) -> Self {
        Self::default()
    }
}

/// Counts users and claims a little further.
pub(in crate::server) async fn count(app: &App) {
    app.own::<Census>().go_on(app, &app.metrics.families).await;
}

impl Census {
    /// Looks at some more users. After the last the count is told, and begins anew. What the store cannot say now
    /// is asked again at the next turn.
    async fn go_on(&self, app: &Parts, families: &Families) {
        let Ok(mut count) = self.0.try_lock() else { return };
        if count.rest > 0 {
            count.rest -= 1;
            return;
        }
        let mut looked = 0;
        while looked < TURN {
            if count.left.is_empty() {
                if count.next == PARTITIONS {
                    let next = Count { rest: REST, ..Count::default() };
                    mem::replace(&mut *count, next).tell(app, families);
                    return;
                }
                let Ok(present) = app.service.present(count.next).await else { return };
                count.left = present;
                count.next += 1;
                continue;
            }
            let from = count.left.len().saturating_sub(TURN - looked);
            let Count { left, users, claims, .. } = &mut *count;
            let visit = |state, of_claims: &[State]| {
                users[place(state)] += 1;
                for claim in of_claims {
                    claims[place(*claim)] += 1;
                }
            };
            if app.service.look_at_claims(&left[from..], visit).await.is_err() {
                return;
            }
            looked += left.len() - from;
            left.truncate(from);
        }
    }
}

impl Count {
    fn tell(mut self, app: &Parts, families: &Families) {
        let known = i64::try_from(app.directory.counts().users).unwrap_or(i64::MAX);
        let present: i64 = self.users[1..].iter().sum();
        self.users[0] = (known - present).max(0);
        set(&families.users, self.users);
        set(&families.claims, self.claims);
        #[expect(clippy::cast_precision_loss, reason = "a time in seconds, to the microsecond")]
        families.counted.set(app.clock.micros() as f64 / 1e6);
    }
}

fn place(state: State) -> usize {
    STATES.iter().position(|(known, _)| *known == state).unwrap_or_default()
}

fn set(family: &By<Gauge>, counts: [i64; STATES.len()]) {
    for ((_, state), count) in STATES.iter().zip(counts) {
        family.get_or_create(&[("state", state)]).set(count);
    }
}
