//! The rate limit as such.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use presenced::{clock::ManualClock, id::UserId, limit::RateLimit};

use crate::support::{ALICE, BOB, START};

fn user(id: &str) -> UserId {
    id.parse().expect("a user id")
}

#[test]
fn a_bucket_per_user_that_refills() {
    let clock = Arc::new(ManualClock::at(START));
    let limit = RateLimit::new(2.0, NonZeroU32::new(3).expect("not zero"), clock.clone());
    for _ in 0..3 {
        assert_eq!(limit.check(&user(ALICE)), Ok(()));
    }
    assert_eq!(limit.check(&user(ALICE)), Err(Duration::from_millis(500)));
    assert_eq!(limit.check(&user(BOB)), Ok(()));
    clock.advance(Duration::from_millis(500));
    assert_eq!(limit.check(&user(ALICE)), Ok(()));
    assert_eq!(limit.check(&user(ALICE)), Err(Duration::from_millis(500)));
}

#[test]
fn zero_per_second_is_no_limit() {
    let limit = RateLimit::new(0.0, NonZeroU32::MIN, Arc::new(ManualClock::at(START)));
    for _ in 0..1_000 {
        assert_eq!(limit.check(&user(ALICE)), Ok(()));
    }
}
