//! What is said of devices one by one: leases of their own, labels, ends and activity.

use std::time::Duration;

use presenced::presence::{
    Audience, Device, Expiry, Input, Override, Rules,
    State::{Busy, Offline, Online, Unavailable},
    Status,
};

use super::{START, Story, active, claim, connect, device, disconnect, end, label, lease, say, touch};
use crate::support::{minutes, seconds};

const JUST: Duration = Duration::from_millis(1);

fn devices(story: &Story) -> Vec<Device> {
    story.record.devices(story.now, &story.rules)
}

fn only(story: &Story) -> Device {
    let mut devices = devices(story);
    assert_eq!(devices.len(), 1);
    devices.remove(0)
}

#[test]
fn a_lease_of_its_own_is_as_long_as_it_is() {
    for (state, lease) in [(Online, 1), (Busy, 90), (Unavailable, 86_400)] {
        let story = Story::new().then(say("phone", state, Some(seconds(lease)))).after(seconds(lease) - JUST);
        assert_ne!(story.state(), Offline);
        assert_eq!(story.after(JUST).state(), Offline);
    }
}

#[test]
fn without_one_it_is_as_long_as_usual() {
    for (state, lease) in [(Unavailable, minutes(15)), (Busy, minutes(60))] {
        let story = Story::new().then(say("phone", state, None)).after(lease - JUST);
        assert_eq!(story.state(), state);
        assert_eq!(story.after(JUST).state(), Offline);
    }
}

#[test]
fn it_holds_after_the_last_connection_too() {
    let story = Story::new().then(connect("phone", Online)).then(say("phone", Busy, Some(seconds(5))));
    let story = story.after(minutes(10));
    assert_eq!(story.state(), Busy, "a connected device keeps its claim");
    let story = story.then(disconnect("phone")).after(seconds(5) - JUST);
    assert_eq!(story.state(), Busy);
    assert_eq!(story.after(JUST).state(), Offline);
}

#[test]
fn a_claim_without_one_holds_as_usual_again() {
    let story = Story::new().then(say("phone", Busy, Some(seconds(5)))).then(claim("phone", Busy));
    assert_eq!(story.after(minutes(59)).state(), Busy);
}

#[test]
fn activity_ends_idleness() {
    let story = Story::new().then(claim("phone", Online)).after(minutes(6));
    assert_eq!(story.state(), Unavailable);
    let story = story.then(active("phone"));
    assert_eq!(story.state(), Online);
    assert!(story.record.at(story.now, &story.rules).currently_active);
}

#[test]
fn activity_changes_nothing_that_was_said() {
    for state in [Busy, Unavailable] {
        let story =
            Story::new().then(say("phone", state, Some(seconds(50)))).then(label("phone", Some("web")));
        let story = story.after(seconds(49)).then(active("phone")).after(seconds(49));
        assert_eq!((story.state(), only(&story).label.as_deref()), (state, Some("web")));
        assert_eq!(story.after(seconds(1)).state(), Offline, "the lease began anew, as long as it was");
    }
}

#[test]
fn activity_renews_leases_of_the_usual_length() {
    for (state, lease) in [(Unavailable, minutes(15)), (Busy, minutes(60))] {
        let story = Story::new().then(claim("phone", state)).after(lease - JUST).then(active("phone"));
        let story = story.after(lease - JUST);
        assert_eq!(story.state(), state);
        assert_eq!(story.after(JUST).state(), Offline);
    }
}

#[test]
fn activity_of_a_device_that_says_nothing_is_online() {
    let story = Story::new().then(active("phone"));
    assert_eq!(story.state(), Online);
    assert_eq!(story.after(minutes(15)).state(), Offline);
    let story = Story::new().then(connect("phone", Unavailable)).then(end("phone")).then(active("phone"));
    assert_eq!(story.state(), Online);
}

#[test]
fn activity_never_shortens_what_was_promised() {
    let until = Some(START + minutes(120));
    let story = Story::new().then(Input::Lease { device: device("phone"), text: None, until });
    let story = story.after(minutes(1)).then(active("phone")).after(minutes(119) - JUST);
    assert_ne!(story.state(), Offline);
    assert_eq!(story.after(JUST).state(), Offline);
}

#[test]
fn a_touch_ends_idleness_and_no_more() {
    let story = Story::new().then(claim("phone", Online)).after(minutes(6)).then(touch("phone"));
    assert_eq!(story.state(), Online);
    assert_eq!(story.after(minutes(9)).state(), Offline, "the lease goes on as it was");
    assert_eq!(Story::new().then(touch("phone")).state(), Offline, "nothing is said of the device");
}

#[test]
fn an_end_ends_one_device_and_no_text() {
    let story = Story::new().then(claim("phone", Busy)).then(claim("desk", Online));
    let story = story.then(Input::Status(Status::lasting("here"))).then(end("phone"));
    assert_eq!(story.state(), Online);
    let story = story.after(seconds(1)).then(end("desk"));
    let seen = story.record.at(story.now, &story.rules);
    assert_eq!((seen.state, seen.status.as_deref()), (Offline, Some("here")));
    assert_eq!(seen.last_active, Some(START), "to leave is no activity");
    assert_eq!(devices(&story), []);
}

#[test]
fn an_end_holds_until_a_connected_device_says_more() {
    let story = Story::new().then(connect("phone", Online)).then(end("phone")).after(seconds(10));
    assert_eq!(story.state(), Offline);
    assert_eq!((only(&story).state, only(&story).connected), (Offline, true));
    assert_eq!(story.then(connect("phone", Online)).state(), Online);
}

/// The bound on devices is about those that say something.
#[test]
fn an_end_of_nothing_takes_no_room() {
    let mut story = Story::new();
    story.rules.devices_per_user = 1;
    let story = story.then(claim("phone", Online)).then(end("desk")).then(claim("tablet", Offline));
    let story = story.then(label("desk", Some("desk"))).then(touch("desk"));
    assert_eq!(only(&story).id, device("phone"));
}

#[test]
fn what_devices_say() {
    let story = Story::new().then(say("phone", Online, Some(seconds(600)))).then(label("phone", Some("ios")));
    let story = story.then(connect("tab", Unavailable)).after(minutes(6));
    let [phone, tab] = devices(&story).try_into().expect("two devices");
    let until = Some(START + seconds(600));
    let expected = Device {
        id: device("phone"),
        label: Some("ios".into()),
        state: Unavailable,
        last_active: START,
        connected: false,
        until,
    };
    assert_eq!(phone, expected);
    assert_eq!((tab.label, tab.state, tab.connected, tab.until), (None, Unavailable, true, None));
    assert_eq!(devices(&story.after(minutes(4))).len(), 1, "what has ended says nothing");
}

#[test]
fn a_label_is_kept_with_the_claim_alone() {
    let story = Story::new().then(label("phone", Some("web"))).then(claim("phone", Online));
    assert_eq!(only(&story).label, None);
    let story = story.then(label("phone", Some("web"))).then(claim("phone", Busy)).then(active("phone"));
    assert_eq!(only(&story).label.as_deref(), Some("web"));
    assert_eq!(only(&story.then(label("phone", None))).label, None);
    let story = Story::new().then(claim("phone", Online)).then(label("phone", Some("web")));
    let story = story.then(end("phone")).then(claim("phone", Online));
    assert_eq!(only(&story).label, None);
}

/// To those who watch, the end that was set of a text is part of it; that of a lease goes on and on.
#[test]
fn another_end_of_a_text_is_news_if_it_was_set() {
    let rules = Rules::default();
    let text = |after| {
        let expires = Some(Expiry::Set(START + after));
        Input::Status(Some(Status { text: "lunch".into(), expires }))
    };
    let before = Story::new().then(text(minutes(30)));
    let later = |input| Story { record: before.record.clone(), ..Story::new() }.after(seconds(1)).then(input);
    let same = later(text(minutes(30)));
    assert!(same.record.news_since(&before.record, same.now, &rules).is_empty());
    let put_off = later(text(minutes(60)));
    let told = put_off.record.news_since(&before.record, put_off.now, &rules);
    assert!(told.contains(Audience::Own) && told.contains(Audience::Rooms));
    assert!(!put_off.record.is_set_like(&before.record, put_off.now));
    let mut leased = Story::new().then(lease("phone", Some("lunch")));
    let number = START.as_millis() * 1_000;
    leased.record.number_change(number, Audience::ALL.into_iter().collect());
    let renewed = Story { record: leased.record.clone(), ..Story::new() }.after(seconds(1));
    let renewed = renewed.then(lease("phone", Some("lunch")));
    assert!(renewed.record.news_since(&leased.record, renewed.now, &rules).is_empty());
    assert!(renewed.record.is_set_like(&leased.record, renewed.now));
}

#[test]
fn others_see_the_end_of_what_was_left_behind() {
    let set = |after| {
        let expires = Some(Expiry::Set(START + after));
        Input::Status(Some(Status { text: "lunch".into(), expires }))
    };
    let invisible = Input::Override(Override::Invisible { since: START });
    let story = Story::new().then(set(minutes(30))).then(invisible).then(set(minutes(60)));
    let others = story.record.at(story.now, &story.rules);
    let own = story.record.own_at(story.now, &story.rules);
    assert_eq!(others.status_expires, Some(Expiry::Set(START + minutes(30))));
    assert_eq!(own.status_expires, Some(Expiry::Set(START + minutes(60))));
}
