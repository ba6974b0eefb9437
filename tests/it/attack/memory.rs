//! What strangers say is not kept.

use std::sync::Arc;

use presenced::{clock::ManualClock, limit::WindowLimit};

use crate::support::{START, minutes, seconds};

#[test]
fn callers_are_forgotten_by_time_and_by_number() {
    let clock = Arc::new(ManualClock::at(START));
    let limit = WindowLimit::new(seconds(60), clock.clone());
    let remaining = |key: usize| limit.check(("x".repeat(1_000), key), 5, seconds(60)).remaining;
    assert_eq!([remaining(0), remaining(0)], [4, 3]);
    // As many as are known at a time stay known.
    for key in 1..100_000 {
        assert_eq!(remaining(key), 4);
    }
    assert_eq!(remaining(0), 2);
    // One more, and nobody is: the room is bounded.
    assert_eq!([remaining(100_000), remaining(0)], [4, 4]);
    clock.advance(minutes(1));
    assert_eq!(remaining(0), 4);
}
