//! What each input does, and when its effect ends.

use std::time::Duration;

use presenced::presence::{
    Expiry, Input, Override, Presence, Record,
    State::{Busy, Offline, Online, Unavailable},
    Status,
};

use super::{START, Story, claim, connect, disconnect};
use crate::support::{minutes, seconds};

const JUST: Duration = Duration::from_millis(1);

fn others_see(story: &Story) -> Presence {
    story.record.at(story.now, &story.rules)
}

#[test]
fn nobody_said_anything() {
    let (record, rules) = (Record::default(), Story::new().rules);
    let presence = record.at(START, &rules);
    assert_eq!(presence.state, Offline);
    assert_eq!((presence.last_active, presence.status), (None, None));
    assert_eq!(record.next_change(START, &rules), None);
    assert!(!presence.currently_active);
}

#[test]
fn a_claim_without_a_connection_is_active_then_idle_then_gone() {
    let story = Story::new().then(claim("phone", Online));
    let seen = |story: &Story| (others_see(story).state, others_see(story).currently_active);
    assert_eq!(seen(&story), (Online, true));
    let story = story.after(seconds(60) - JUST);
    assert_eq!(seen(&story), (Online, true));
    let story = story.after(JUST);
    assert_eq!(seen(&story), (Online, false));
    let story = story.after(minutes(4) - JUST);
    assert_eq!(seen(&story), (Online, false));
    let story = story.after(JUST);
    assert_eq!(seen(&story), (Unavailable, false));
    let story = story.after(minutes(10) - JUST);
    assert_eq!(seen(&story), (Unavailable, false));
    assert_eq!(seen(&story.after(JUST)), (Offline, false));
}

#[test]
fn a_new_users_unavailable_is_no_activity() {
    let story = Story::new().then(claim("phone", Unavailable));
    assert_eq!(others_see(&story).last_active, None);
    let story = story.after(seconds(5)).then(claim("desk", Online));
    assert_eq!(others_see(&story).last_active, Some(story.now));
}

#[test]
fn any_input_of_a_device_is_activity_while_the_user_is_online() {
    let story = Story::new().then(claim("desk", Online)).after(seconds(50));
    let story = story.then(claim("phone", Unavailable)).after(seconds(50));
    assert!(others_see(&story).currently_active);
}

#[test]
fn the_last_connection_starts_the_grace() {
    let story = Story::new().then(connect("phone", Online)).then(connect("phone", Online));
    let story = story.then(disconnect("phone")).after(minutes(20));
    assert_eq!(story.state(), Unavailable, "one connection is still open");
    let story = story.then(disconnect("phone")).after(seconds(30) - JUST);
    assert_eq!(story.state(), Unavailable);
    assert_eq!(story.after(JUST).state(), Offline);
}

#[test]
fn busy_never_idles_and_outlasts_a_sync() {
    let story = Story::new().then(claim("phone", Busy)).after(minutes(30));
    assert_eq!(story.state(), Busy);
    let story = story.then(connect("phone", Online)).then(disconnect("phone")).after(minutes(59));
    assert_eq!(story.state(), Busy);
    assert_eq!(story.after(minutes(1)).state(), Offline);
}

#[test]
fn only_a_claim_ends_busy() {
    let story = Story::new().then(claim("phone", Busy)).then(connect("phone", Online));
    assert_eq!(story.state(), Busy);
    assert_eq!(story.then(claim("phone", Online)).state(), Online);
}

#[test]
fn a_device_that_says_offline_while_connected_is_offline() {
    let story = Story::new().then(connect("phone", Online)).then(claim("phone", Offline));
    assert_eq!(story.state(), Offline);
    assert_eq!(story.then(disconnect("phone")).state(), Offline);
}

#[test]
fn a_status_ends_when_it_expires() {
    let status = Status { text: "lunch".into(), expires: Some(Expiry::Set(START + minutes(30))) };
    let story = Story::new().then(Input::Status(Some(status)));
    assert_eq!(others_see(&story).status.as_deref(), Some("lunch"));
    assert_eq!(story.record.next_change(story.now, &story.rules), Some(START + minutes(30)));
    assert_eq!(others_see(&story.after(minutes(30))).status, None);
}

#[test]
fn a_status_outlives_the_claims() {
    let story = Story::new().then(claim("phone", Online)).then(Input::Status(Status::lasting("away")));
    let story = story.after(minutes(60));
    assert_eq!((story.state(), others_see(&story).status.as_deref()), (Offline, Some("away")));
}

#[test]
fn invisible_looks_like_having_left_then() {
    let story = Story::new().then(claim("phone", Online)).after(seconds(10));
    let hidden_at = story.now;
    let story = story.then(Input::Override(Override::Invisible { since: hidden_at }));
    let story = story.after(seconds(10)).then(claim("phone", Online));
    let seen = others_see(&story);
    assert_eq!((seen.state, seen.last_active), (Offline, Some(hidden_at)));
    let own = story.record.own_at(story.now, &story.rules);
    assert_eq!((own.state, own.last_active), (Online, Some(story.now)));
}

#[test]
fn the_status_of_an_invisible_user_stays_what_it_was() {
    let story = Story::new().then(Input::Status(Status::lasting("before")));
    let story = story.then(Input::Override(Override::Invisible { since: START }));
    let story = story.then(Input::Status(Status::lasting("after")));
    assert_eq!(others_see(&story).status.as_deref(), Some("before"));
    assert_eq!(story.record.own_at(story.now, &story.rules).status.as_deref(), Some("after"));
    let story = story.then(Input::Override(Override::None));
    assert_eq!(others_see(&story).status.as_deref(), Some("after"));
}

#[test]
fn invisible_again_keeps_the_moment() {
    let story = Story::new().then(claim("phone", Online));
    let story = story.then(Input::Override(Override::Invisible { since: START })).after(minutes(1));
    let story = story.then(claim("phone", Online));
    let again = Override::Invisible { since: story.now };
    assert_eq!(others_see(&story.then(Input::Override(again))).last_active, Some(START));
}

#[test]
fn an_override_of_busy_beats_the_devices() {
    let story = Story::new().then(Input::Override(Override::Busy));
    assert_eq!(story.state(), Busy);
    let story = story.then(claim("phone", Online));
    assert_eq!(story.state(), Busy);
    assert!(!others_see(&story).currently_active);
    assert_eq!(story.then(Input::Override(Override::None)).state(), Online);
}

#[test]
fn too_many_devices_make_room_for_the_newest() {
    let mut story = Story::new();
    story.rules.devices_per_user = 2;
    let story = story.then(connect("first", Unavailable)).after(JUST).then(claim("second", Unavailable));
    let story = story.after(JUST).then(claim("third", Online));
    assert_eq!(story.state(), Online);
    // The unconnected one made room; the connected one is still there.
    let story = story.then(claim("third", Offline));
    assert_eq!(story.state(), Unavailable);
    assert_eq!(story.then(disconnect("first")).after(seconds(30)).state(), Offline);
}

#[test]
fn a_restart_changes_only_what_it_ends_or_prolongs() {
    let resume = |story: Story| {
        let (mut record, now) = (story.record.clone(), story.now + JUST);
        (record.resume(story.now, now, &story.rules), record != story.record)
    };
    let claimed = Story::new().then(claim("phone", Online));
    assert_eq!(resume(claimed), (false, false), "the claim lasts longer than the grace");
    let connected = Story::new().then(connect("phone", Online));
    assert_eq!(resume(connected), (true, true), "connections ended with the process that held them");
    let rules = Story::new().rules;
    let ending = Story::new().then(claim("phone", Online)).after(rules.lease - JUST);
    assert_eq!(resume(ending), (true, true), "the claim would end within the grace");
    assert_eq!(resume(Story::new()), (false, false), "nobody said anything");
}
