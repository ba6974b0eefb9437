//! States that are set with a text for a lease, leaving, and which inputs are updates.

use std::time::Duration;

use presenced::presence::{
    Input, Override, Presence,
    State::{Busy, Offline, Online, Unavailable},
    Status,
};

use super::{START, Story, claim, connect, device, disconnect, lease};
use crate::support::{minutes, seconds};

const JUST: Duration = Duration::from_millis(1);

fn others_see(story: &Story) -> Presence {
    story.record.at(story.now, &story.rules)
}

fn status(story: &Story) -> Option<String> {
    others_see(story).status.map(|text| text.to_string())
}

#[test]
fn state_and_text_end_together() {
    let story = Story::new().then(lease("phone", Some("reading")));
    assert_eq!((story.state(), status(&story).as_deref()), (Online, Some("reading")));
    let story = story.after(minutes(15) - JUST);
    assert_eq!((story.state(), status(&story).as_deref()), (Unavailable, Some("reading")));
    let story = story.after(JUST);
    assert_eq!((story.state(), status(&story)), (Offline, None));
}

#[test]
fn a_lease_without_a_text_drops_the_one_before() {
    let story = Story::new().then(Input::Status(Status::lasting("before"))).then(lease("phone", None));
    assert_eq!((story.state(), status(&story)), (Online, None));
}

#[test]
fn a_new_lease_starts_again() {
    let story = Story::new().then(lease("phone", Some("reading"))).after(minutes(10));
    let story = story.then(lease("phone", Some("reading"))).after(minutes(15) - JUST);
    assert_eq!(status(&story).as_deref(), Some("reading"));
    assert_eq!(story.after(JUST).state(), Offline);
}

#[test]
fn connections_do_not_shorten_a_lease() {
    let story = Story::new().then(lease("phone", Some("reading"))).after(minutes(1));
    let story = story.then(connect("phone", Online)).after(seconds(1)).then(disconnect("phone"));
    let story = story.after(minutes(14) - seconds(1) - JUST);
    assert_eq!(status(&story).as_deref(), Some("reading"));
    assert_ne!(story.state(), Offline);
    assert_eq!(story.after(JUST).state(), Offline);
}

#[test]
fn a_connection_outlasts_a_lease() {
    let story = Story::new().then(connect("phone", Online)).then(lease("phone", Some("reading")));
    let story = story.after(minutes(15));
    assert_eq!((story.state(), status(&story)), (Unavailable, None));
    assert_eq!(story.then(disconnect("phone")).after(seconds(30)).state(), Offline);
}

#[test]
fn a_claim_ends_the_lease_of_its_device() {
    let story = Story::new().then(lease("phone", None)).then(claim("phone", Offline));
    assert_eq!(story.state(), Offline);
    // After a claim the grace of a connection counts again.
    let story = Story::new().then(lease("phone", None)).then(connect("phone", Online));
    let story = story.then(claim("phone", Online)).then(disconnect("phone")).after(seconds(30));
    assert_eq!(story.state(), Offline);
}

#[test]
fn leaving_ends_all_but_connections() {
    let story = Story::new().then(claim("desk", Busy)).then(lease("phone", Some("reading")));
    let story = story.then(connect("watch", Unavailable)).then(disconnect("watch")).then(Input::Leave);
    assert_eq!((story.state(), status(&story)), (Offline, None));
    let story = story.then(lease("phone", Some("reading"))).then(connect("phone", Online)).then(Input::Leave);
    assert_eq!((story.state(), status(&story)), (Online, None));
    assert_eq!(story.then(disconnect("phone")).after(seconds(30)).state(), Offline, "the lease is over too");
}

/// After this input, when was the user last seen to update, by others and by themselves?
#[test]
fn which_inputs_are_updates() {
    let report = |state| Input::Report { device: device("desk"), state };
    let invisible = |since| Input::Override(Override::Invisible { since });
    let story = Story::new().then(report(Unavailable)).then(claim("phone", Unavailable));
    let rows = [
        (claim("phone", Unavailable), true),
        (claim("phone", Offline), true),
        (lease("phone", Some("x")), true),
        (Input::Leave, true),
        (Input::Status(None), true),
        (Input::Status(Status::lasting("x")), true),
        (report(Unavailable), false),
        (report(Online), true),
        (report(Offline), true),
        (Input::Report { device: device("new"), state: Offline }, false),
        (Input::Report { device: device("new"), state: Unavailable }, true),
        (connect("phone", Online), false),
        (disconnect("phone"), false),
        (Input::Override(Override::None), false),
        (Input::Override(Override::Busy), true),
        (invisible(START + seconds(10)), true),
        (Input::Hidden(true), false),
    ];
    for (input, is_update) in rows {
        let mut record = story.record.clone();
        let now = START + seconds(10);
        record.apply(&input, now, &story.rules);
        let expected = if is_update { now } else { START };
        assert_eq!(record.at(now, &story.rules).last_update, Some(expected), "{input:?}");
    }
}

#[test]
fn a_report_renews_what_it_says() {
    let story = Story::new().then(Input::Report { device: device("desk"), state: Online });
    let story = story.after(minutes(14)).then(Input::Report { device: device("desk"), state: Online });
    let story = story.after(minutes(14));
    assert_eq!((story.state(), others_see(&story).last_update), (Unavailable, Some(START)));
    // One that comes too late says something new.
    let story = story.after(minutes(2)).then(Input::Report { device: device("desk"), state: Online });
    assert_eq!(others_see(&story).last_update, Some(story.now));
}

#[test]
fn nobody_said_anything_so_nothing_was_updated() {
    assert_eq!(others_see(&Story::new()).last_update, None);
}

#[test]
fn updates_of_an_invisible_user_are_theirs_alone() {
    let invisible = Input::Override(Override::Invisible { since: START });
    let story = Story::new().then(lease("phone", None)).then(invisible).after(minutes(1));
    let story = story.then(lease("phone", Some("in secret")));
    assert_eq!(others_see(&story).last_update, Some(START));
    assert_eq!(story.record.own_at(story.now, &story.rules).last_update, Some(story.now));
}
