//! The limits as such.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use presenced::{
    clock::ManualClock,
    id::UserId,
    limit::{RateLimit, StreamLimit, TooManyStreams},
};

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

#[test]
fn a_bucket_of_everybody() {
    let limit = RateLimit::new(1.0, NonZeroU32::MIN, Arc::new(ManualClock::at(START)));
    assert_eq!(limit.check(&()), Ok(()));
    assert_eq!(limit.check(&()), Err(Duration::from_secs(1)));
}

#[test]
fn open_streams_are_counted_by_user_and_in_all() {
    let limit = StreamLimit::new(3, 2);
    let refused = |user: Option<&UserId>| limit.open(user).map(drop);
    let alices = [(); 2].map(|()| limit.open(Some(&user(ALICE))).expect("room for two"));
    assert_eq!(refused(Some(&user(ALICE))), Err(TooManyStreams::User));
    let admins = limit.open(None).expect("room for a third");
    assert_eq!(refused(Some(&user(BOB))), Err(TooManyStreams::Server));
    drop(admins);
    assert_eq!(refused(Some(&user(BOB))), Ok(()));
    drop(alices);
    assert_eq!(refused(Some(&user(ALICE))), Ok(()));
    drop([(); 3].map(|()| limit.open(None).expect("an admin is no user")));
}
