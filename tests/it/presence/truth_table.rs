//! Two devices of one user, as Synapse's two multi-device tables have them.

use std::time::Duration;

use presenced::presence::{
    Input,
    State::{self, Busy, Offline, Online, Unavailable},
};

use super::{Story, claim, connect, disconnect};
use crate::support::{minutes, seconds};

/// A moment after the boundary.
const JUST: Duration = Duration::from_millis(1);

/// What a device does that starts to sync in a state. Busy is set first, since a sync cannot; a sync
/// that says offline neither marks offline nor keeps alive.
fn starts(name: &str, state: State) -> Vec<Input> {
    match state {
        Offline => vec![],
        Busy => vec![claim(name, Busy), connect(name, Online)],
        state => vec![connect(name, state)],
    }
}

fn stops(name: &str, state: State) -> Vec<Input> {
    if state == Offline { vec![] } else { vec![disconnect(name)] }
}

fn all(story: Story, inputs: Vec<Input>) -> Story {
    inputs.into_iter().fold(story, Story::then)
}

const STATES: [State; 4] = [Busy, Online, Unavailable, Offline];

#[test]
fn devices_that_stay_connected_idle_one_by_one() {
    // device 1, device 2, just after 2.5 min (device 2 starts), 5 min, 7.5 min
    let rows = [
        (Online, Online, [Online, Online, Unavailable]),
        (Online, Unavailable, [Online, Unavailable, Unavailable]),
        (Online, Offline, [Online, Unavailable, Unavailable]),
        (Unavailable, Online, [Online, Online, Unavailable]),
        (Unavailable, Unavailable, [Unavailable; 3]),
        (Unavailable, Offline, [Unavailable; 3]),
        (Offline, Online, [Online, Online, Unavailable]),
        (Offline, Unavailable, [Unavailable; 3]),
        (Offline, Offline, [Offline; 3]),
    ];
    let with_busy = STATES.iter().flat_map(|&other| [(Busy, other, [Busy; 3]), (other, Busy, [Busy; 3])]);
    for (one, other, expected) in rows.into_iter().chain(with_busy) {
        let story = all(Story::new(), starts("one", one)).after(minutes(2) + seconds(30));
        let story = all(story, starts("other", other)).after(JUST);
        let first = story.state();
        let story = story.after(minutes(2) + seconds(30));
        let second = story.state();
        let third = story.after(minutes(2) + seconds(30)).state();
        assert_eq!([first, second, third], expected, "{one:?} and {other:?}");
    }
}

#[test]
fn devices_that_stop_leave_one_by_one() {
    // device 1, device 2, while both sync, 30 s after device 1 ended
    let rows = [
        (Online, Online, Online, Online),
        (Online, Unavailable, Online, Unavailable),
        (Online, Offline, Online, Offline),
        (Unavailable, Online, Online, Online),
        (Unavailable, Unavailable, Unavailable, Unavailable),
        (Unavailable, Offline, Unavailable, Offline),
        (Offline, Online, Online, Online),
        (Offline, Unavailable, Unavailable, Unavailable),
        (Offline, Offline, Offline, Offline),
    ];
    let with_busy = STATES.iter().flat_map(|&other| [(Busy, other, Busy, Busy), (other, Busy, Busy, Busy)]);
    for (one, other, both, one_gone) in rows.into_iter().chain(with_busy) {
        let story = all(all(Story::new(), starts("one", one)), starts("other", other));
        assert_eq!(story.state(), both, "{one:?} and {other:?}");
        let story = all(story, stops("one", one)).after(seconds(30) + JUST);
        assert_eq!(story.state(), one_gone, "{one:?} gone, {other:?} there");
        let grace = if one == Busy || other == Busy { minutes(60) } else { seconds(30) };
        let story = all(story, stops("other", other)).after(grace + JUST);
        assert_eq!(story.state(), Offline, "{one:?} and {other:?} gone");
    }
}

#[test]
fn offline_on_one_device_leaves_the_other_online() {
    let story = Story::new().then(claim("one", Online)).then(claim("other", Online));
    assert_eq!(story.then(claim("one", Offline)).state(), Online);
}
