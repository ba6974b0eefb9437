//! How many users are in which state, and how many claims. All of them are looked at in turns, a little at a time:
//! there may be millions.

use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;

use super::{By, Families};
use crate::{app::Parts, presence::State, store::PARTITIONS};
use prometheus_client::metrics::gauge::Gauge;

/// How long a turn goes on, in microseconds.
const TURN_MICROS: u64 = 2_000;

/// How many records are looked at before the time is.
const GO: usize = 64;

const STATES: [(State, &str); 4] = [
    (State::Offline, "offline"),
    (State::Unavailable, "unavailable"),
    (State::Online, "online"),
    (State::Busy, "busy"),
];

/// A count under way.
#[derive(Debug, Default)]
pub struct Census {
    turn: AsyncMutex<()>,
    count: Mutex<Count>,
}

/// What was counted so far.
#[derive(Debug, Default)]
struct Count {
    /// The partition that is next.
    next: usize,
    users: [i64; STATES.len()],
    claims: [i64; STATES.len()],
}

impl Census {
    /// Looks at some more partitions, at least one. After the last the count is told, and begins anew.
    pub(super) async fn go_on(&self, app: &Parts, families: &Families) {
        let Ok(_turn) = self.turn.try_lock() else { return };
        let end = app.clock.micros() + TURN_MICROS;
        for _ in 0..PARTITIONS {
            let partition = self.count.lock().next;
            // A store that cannot say is counted at the next turn.
            let Ok(present) = app.service.present(partition).await else { return };
            for users in present.chunks(GO) {
                let count = |state, claims: &[State]| {
                    let mut count = self.count.lock();
                    count.users[place(state)] += 1;
                    for claim in claims {
                        count.claims[place(*claim)] += 1;
                    }
                };
                if app.service.look_at_claims(users, count).await.is_err() {
                    return;
                }
            }
            let mut count = self.count.lock();
            count.next += 1;
            if count.next == PARTITIONS {
                std::mem::take(&mut *count).tell(app, families);
                return;
            }
            if app.clock.micros() > end {
                return;
            }
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
