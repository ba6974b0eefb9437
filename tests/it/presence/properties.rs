//! What holds for every record, whatever happened to it.

use std::time::Duration;

use presenced::presence::{Audience, Expiry, Input, Override, Record, Rules, State, Status, Timestamp};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{START, active, claim, connect, device, disconnect, end, label, lease, say, touch};

fn state() -> impl Strategy<Value = State> {
    select(vec![State::Offline, State::Unavailable, State::Online, State::Busy])
}

fn name() -> impl Strategy<Value = &'static str> {
    select(vec!["phone", "desk", "watch"])
}

/// Times around the boundaries that the rules make, in milliseconds.
fn span() -> impl Strategy<Value = u64> {
    let marks = select(vec![0, 30_000, 60_000, 300_000, 900_000, 3_600_000]);
    (marks, -2_i64..=2, prop::bool::ANY, 0_u64..4_000_000)
        .prop_map(|(mark, step, exact, any)| if exact { u64::saturating_add_signed(mark, step) } else { any })
}

fn input() -> impl Strategy<Value = Input> {
    let overridden = prop_oneof![
        Just(Override::None),
        Just(Override::Busy),
        span().prop_map(|at| Override::Invisible { since: START + Duration::from_millis(at) }),
    ];
    let status = option::of(("[a-z]{1,3}", option::of(span())).prop_map(|(text, expires)| Status {
        text: text.into(),
        expires: expires.map(|at| Expiry::Set(START + Duration::from_millis(at))),
    }));
    let own_lease = option::of((1_u64..4_000_000).prop_map(Duration::from_millis));
    prop_oneof![
        4 => (name(), state()).prop_map(|(name, state)| claim(name, state)),
        3 => (name(), state()).prop_map(|(name, state)| connect(name, state)),
        3 => name().prop_map(disconnect),
        2 => (name(), option::of("[a-z]{1,3}")).prop_map(|(name, text)| lease(name, text.as_deref())),
        1 => (name(), state()).prop_map(|(name, state)| Input::Report { device: device(name), state }),
        2 => (name(), state(), own_lease).prop_map(|(name, state, lease)| say(name, state, lease)),
        1 => name().prop_map(end),
        2 => name().prop_map(active),
        1 => name().prop_map(touch),
        1 => (name(), option::of("[a-z]{1,3}")).prop_map(|(name, text)| label(name, text.as_deref())),
        1 => Just(Input::Leave),
        1 => status.prop_map(Input::Status),
        1 => overridden.prop_map(Input::Override),
        1 => any::<bool>().prop_map(Input::Hidden),
    ]
}

/// A record with a past, and the moment at which its past ends.
fn record() -> impl Strategy<Value = (Record, Timestamp)> {
    vec((span(), input()), 0..12).prop_map(|past| {
        past.iter().fold((Record::default(), START), |(mut record, now), (wait, input)| {
            let now = now + Duration::from_millis(*wait);
            record.apply(input, now, &Rules::default());
            (record, now)
        })
    })
}

fn later(now: Timestamp, wait: u64) -> Timestamp {
    now + Duration::from_millis(wait)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_next_change_is_exact((record, end) in record(), wait in span(), samples in vec(span(), 20)) {
        let rules = Rules::default();
        let now = later(end, wait);
        let looks_alike = |moment| {
            let eyes = [Record::at, Record::own_at];
            eyes.into_iter().all(|look| look(&record, moment, &rules).looks_like(&look(&record, now, &rules)))
                && record.telephone_at(moment) == record.telephone_at(now)
        };
        let next = record.next_change(now, &rules);
        if let Some(next) = next {
            prop_assert!(next > now);
            prop_assert!(!looks_alike(next), "nothing differs at it");
            prop_assert!(looks_alike(Timestamp::from_millis(next.as_millis() - 1)), "it differs before");
        }
        for sample in samples.iter().map(|&wait| later(now, wait)) {
            if next.is_none_or(|next| sample < next) {
                prop_assert!(looks_alike(sample), "it differs before");
            }
        }
    }

    /// What is counted is the state that others see, and when that turns.
    #[test]
    fn the_state_alone_is_that_of_the_whole((record, end) in record(), wait in span(), samples in vec(span(), 20)) {
        let rules = Rules::default();
        let now = later(end, wait);
        let (state, turns) = record.state_at(now, &rules);
        prop_assert_eq!(state, record.at(now, &rules).state);
        if let Some(turns) = turns {
            prop_assert!(turns > now);
            prop_assert_ne!(record.at(turns, &rules).state, state);
        }
        for sample in samples.iter().map(|&wait| later(now, wait)) {
            if turns.is_none_or(|turns| sample < turns) {
                prop_assert_eq!(record.at(sample, &rules).state, state);
            }
        }
    }

    /// The devices come to what the user sees of themselves, and each holds until it says that it ends.
    #[test]
    fn the_devices_come_to_the_state((record, end) in record(), wait in span()) {
        let rules = Rules::default();
        let now = later(end, wait);
        let devices = record.devices(now, &rules);
        let highest = devices.iter().map(|device| device.state).max().unwrap_or_default();
        if record.overridden() != Override::Busy {
            prop_assert_eq!(highest, record.own_at(now, &rules).state);
        }
        for device in &devices {
            prop_assert_eq!(device.until.is_none(), device.connected);
            prop_assert!(device.until.is_none_or(|until| until > now));
        }
    }

    #[test]
    fn a_record_is_the_same_after_all_forms((record, _) in record()) {
        prop_assert_eq!(Record::unpack(&record.pack()), Ok(record.clone()));
        let line = serde_json::to_string(&record).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Record>(&line).expect("a record"), record);
    }

    #[test]
    fn nobody_comes_back_from_offline_without_an_input((record, end) in record(), waits in vec(span(), 1..20)) {
        let rules = Rules::default();
        let mut now = end;
        let mut was_offline = false;
        for wait in waits {
            now = later(now, wait);
            let state = record.at(now, &rules).state;
            prop_assert!(!was_offline || state == State::Offline);
            was_offline = state == State::Offline;
        }
    }

    #[test]
    fn the_merge_does_not_depend_on_the_order(
        states in vec((state(), any::<bool>()), 1..6),
        turn in any::<prop::sample::Index>(),
        waits in vec(span(), 10),
    ) {
        let rules = Rules::default();
        // A connection takes up a busy that was set before it, so there the order is meant to matter.
        let any_busy = states.iter().any(|(state, _)| *state == State::Busy);
        let devices: Vec<Input> = states
            .iter()
            .enumerate()
            .map(|(number, (state, is_connected))| {
                let name = format!("device{number}");
                if *is_connected && !any_busy { connect(&name, *state) } else { claim(&name, *state) }
            })
            .collect();
        let mut turned = devices.clone();
        turned.rotate_left(turn.index(devices.len()));
        turned.reverse();
        let build = |inputs: &[Input]| {
            let mut record = Record::default();
            for input in inputs {
                record.apply(input, START, &rules);
            }
            record
        };
        let (one, other) = (build(&devices), build(&turned));
        for wait in waits {
            prop_assert_eq!(one.at(later(START, wait), &rules), other.at(later(START, wait), &rules));
        }
    }

    #[test]
    fn the_highest_live_claim_wins(states in vec(state(), 1..6)) {
        let rules = Rules::default();
        let mut record = Record::default();
        for (number, state) in states.iter().enumerate() {
            record.apply(&claim(&format!("device{number}"), *state), START, &rules);
        }
        let highest = states.into_iter().max().unwrap_or_default();
        prop_assert_eq!(record.at(START, &rules).state, highest);
    }

    #[test]
    fn versions_only_go_up(times in vec(0_u64..1_000, 1..20)) {
        let mut record = Record::default();
        for time in times {
            let before = record.version();
            prop_assert!(record.number_change(time, Audience::ALL.into_iter().collect()) > before);
            prop_assert!(record.version() >= time);
        }
    }
}
