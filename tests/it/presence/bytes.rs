//! What a record is as bytes and as a line of an export. Neither may change under data that somebody keeps.

use presenced::presence::{
    Appearance, Audience, Call, CallDetails, CallInfo, CallKind, CallLabel, CallLabelType,
    CallSettingsChange, CallerIdVisibility, Direction, DoNotDisturb, Expiry, Input, Override, Parties,
    PersonalDnd, Record, SipData,
    State::{Busy, Online, Unavailable},
    Status, TelephonyStatus, Termination, Timestamp,
};

use super::{START, Story, claim, connect, label, lease, say};
use crate::support::seconds;

/// What a user is like who is online on one device, as most are.
fn plain() -> Record {
    numbered(Story::new().then(claim("phone", Online)).record)
}

/// A text that expires, on a device that is connected, beside one that is not.
fn connected() -> Record {
    let story = Story::new().then(lease("phone", Some("on the train"))).then(connect("phone", Online));
    numbered(story.after(seconds(5)).then(claim("desk", Unavailable)).then(connect("phone", Online)).record)
}

/// Everything of which a record can have something.
fn whole() -> Record {
    let settings = CallSettingsChange {
        dnd: Some(DoNotDisturb::TakeDepartmentCallsOnly),
        personal_dnd: Some(PersonalDnd::DoNotAcceptAnyCalls),
        accept_queue_calls: Some(false),
        ring_on_monitored_call: Some(true),
        pick_up_calls_on_hold: Some(true),
        caller_id_visibility: Some(CallerIdVisibility::PermittedUsers),
    };
    let mut story = Story::new();
    // The samples of earlier forms are from when legs stayed after their end until they were deleted.
    story.rules.ended_call = story.rules.call_lease;
    let story = story
        .then(Input::Status(Status::lasting("left behind")))
        .then(claim("phone", Busy))
        .after(seconds(5))
        .then(Input::Override(Override::Invisible { since: START + seconds(5) }))
        .then(Input::Status(Status::lasting("for myself ☕")))
        .then(Input::Hidden(true))
        .then(Input::CallSettings(settings))
        .then(Input::Call(Box::new(whole_call())))
        .then(Input::Call(Box::new(bare_call())));
    numbered(story.record)
}

fn bare_call() -> Call {
    Call {
        id: "c1".to_owned(),
        kind: CallKind::Meeting,
        status: TelephonyStatus::Ringing,
        direction: Direction::Outbound,
        started: None,
        parties: Parties::default(),
        details: CallDetails::default(),
    }
}

fn whole_call() -> Call {
    let text = |text: &str| Some(text.to_owned());
    let label = |kind, value| Some(CallLabel { kind, value });
    Call {
        id: "c2".to_owned(),
        kind: CallKind::ContactCenter,
        status: TelephonyStatus::NoCall,
        direction: Direction::Inbound,
        started: Some(Timestamp::from_millis(900_000)),
        parties: Parties { from: text("1"), from_name: text("Eve"), to: text("2"), to_name: text("Bob") },
        details: CallDetails {
            session_id: text("501"),
            telephony_session_id: text("s-501"),
            party_id: text("p-1"),
            on_behalf_of: Some(2),
            queue_call: Some(true),
            termination: Some(Termination::Final),
            sip: Some(SipData {
                call_id: text("4a"),
                to_tag: text("17"),
                from_tag: text("8b"),
                remote_uri: text("sip:2@example.com"),
                local_uri: text("sip:1@example.com"),
                session_id: text("9"),
            }),
            info: Some(CallInfo {
                primary: label(CallLabelType::QueueName, text("Sales")),
                additional: label(CallLabelType::None, None),
            }),
            appearance: Some(Appearance { phone_number: text("+1"), number: 3 }),
        },
    }
}

/// As most are: nobody in the telephone account sees a difference.
fn seen_by_some() -> Record {
    let mut record = Story::new().then(claim("phone", Online)).record;
    record.number_change(START.as_millis() * 1_000, [Audience::Own, Audience::Rooms].into_iter().collect());
    record
}

fn numbered(mut record: Record) -> Record {
    record.number_change(START.as_millis() * 1_000 + 1, Audience::ALL.into_iter().collect());
    record
}

fn in_hex(record: &Record) -> String {
    hex::encode(record.pack())
}

#[test]
fn a_record_in_bytes() {
    insta::assert_snapshot!(in_hex(&plain()), @"02238194ebdc03000001020570686f6e6500c0ee6d");
    insta::assert_snapshot!(in_hex(&connected()), @"02278194ebdc03904e904e0c6f6e2074686520747261696e01c0ee6d020e0570686f6e65904eb0a06d010002b0a06d01046465736b904ec0ee6d");
    insta::assert_snapshot!(in_hex(&whole()), @"02b7078194ebdc0300904e0e666f72206d7973656c6620e29895000b6c65667420626568696e6400904e0201010100010101020202633202000001a0f73601013101034576650101320103426f6201033530310105732d3530310103702d310102010101000101023461010231370102386201117369703a32406578616d706c652e636f6d01117369703a31406578616d706c652e636f6d010139010103010553616c65730106000101022b3103c888990202633101020101c8ab3d00000000000000000000000000c888990201030570686f6e650080bab703");
    insta::assert_snapshot!(in_hex(&seen_by_some()), @"02038094ebdc03000001020570686f6e6500c0ee6d");
    for record in [Record::default(), plain(), connected(), whole(), seen_by_some()] {
        assert_eq!(Record::unpack(&record.pack()), Ok(record));
    }
}

/// The first form had one number for everybody who saw a change.
#[test]
fn records_of_the_first_form_are_read() {
    for (record, bytes) in [
        (plain(), "018194ebdc0301000100010570686f6e65020000c0ee6d00000000000001"),
        (
            connected(),
            "018194ebdc0301904e01904e020570686f6e6502904e02b0a06db0a06d046465736b01904e00c0ee6d00010c6f6e2074686520747261696e01c0ee6d0000000001",
        ),
        (
            whole(),
            "018194ebdc03010001904e010570686f6e6503000080bab70300010e666f72206d7973656c6620e2989500010b6c65667420626568696e640002904e01010201010100010101020202633202000001a0f73601013101034576650101320103426f6201033530310105732d3530310103702d310102010101000101023461010231370102386201117369703a32406578616d706c652e636f6d01117369703a31406578616d706c652e636f6d010139010103010553616c65730106000101022b3103c888990202633101020101c8ab3d00000000000000000000000000c888990201",
        ),
    ] {
        let bytes = hex::decode(bytes).expect("bytes");
        assert_eq!(Record::unpack(&bytes), Ok(record));
    }
}

/// What a device is called and for how long it wants to be believed, and a text whose end was set with it.
#[test]
fn what_was_said_of_devices_and_texts_in_bytes() {
    let status = Status { text: "lunch".into(), expires: Some(Expiry::Set(START + seconds(600))) };
    let story = Story::new().then(say("phone", Online, Some(seconds(60)))).then(label("phone", Some("web")));
    let story = story.then(Input::Status(Some(status)));
    let left_behind = Input::Override(Override::Invisible { since: START });
    for (record, bytes) in [
        (
            numbered(story.record.clone()),
            "02a7108194ebdc030000056c756e636801809f4901320570686f6e6500c0a90703776562e0d403",
        ),
        (
            numbered(story.then(left_behind).record),
            "02a7338194ebdc030000056c756e636801809f49056c756e636801809f490001320570686f6e6500c0a90703776562e0d403",
        ),
    ] {
        assert_eq!(in_hex(&record), bytes);
        assert_eq!(Record::unpack(&record.pack()), Ok(record));
    }
}

/// And several nodes.
#[test]
fn what_several_nodes_say_in_bytes() {
    let line = r#"{"claims":[{"device":"phone","state":"online","last_active":1000000,"connections":[[7,1],[9,2]],"until":1900000,"leased_until":1000000,"label":"web","lease_milliseconds":60000}],"last_active":null,"last_update":null,"status":null,"status_left_behind":null,"overridden":"none","hidden":false,"version":[5,4,0,0],"sequence":[0,1]}"#;
    let record: Record = serde_json::from_str(line).expect("a record");
    assert_eq!(serde_json::to_string(&record).expect("JSON"), line);
    insta::assert_snapshot!(in_hex(&record), @"02c0080500010505000101360570686f6e6580897ac0ee6d020701090203776562e0d403");
    assert_eq!(Record::unpack(&record.pack()), Ok(record));
}

#[test]
fn a_record_in_an_export() {
    let line = |record: &Record| serde_json::to_string(record).expect("a record has a JSON form");
    insta::assert_snapshot!(line(&plain()), @r#"{"claims":[{"device":"phone","state":"online","last_active":1000000,"connections":0,"until":1900000,"leased_until":1000000}],"last_active":1000000,"last_update":1000000,"status":null,"status_left_behind":null,"overridden":"none","hidden":false,"version":1000000001,"sequence":1}"#);
    insta::assert_snapshot!(line(&connected()), @r#"{"claims":[{"device":"phone","state":"online","last_active":1005000,"connections":2,"until":1900000,"leased_until":1900000},{"device":"desk","state":"unavailable","last_active":1005000,"connections":0,"until":1905000,"leased_until":1005000}],"last_active":1005000,"last_update":1005000,"status":{"text":"on the train","expires":1900000},"status_left_behind":null,"overridden":"none","hidden":false,"version":1000000001,"sequence":1}"#);
    insta::assert_snapshot!(line(&whole()), @r#"{"claims":[{"device":"phone","state":"busy","last_active":1000000,"connections":0,"until":4600000,"leased_until":1000000}],"last_active":1000000,"last_update":1005000,"status":{"text":"for myself ☕","expires":null},"status_left_behind":{"text":"left behind","expires":null},"overridden":{"invisible":{"since":1005000}},"hidden":true,"telephony":{"settings":{"dnd":"TakeDepartmentCallsOnly","personal_dnd":"DoNotAcceptAnyCalls","accept_queue_calls":false,"ring_on_monitored_call":true,"pick_up_calls_on_hold":true,"caller_id_visibility":"PermittedUsers"},"legs":[{"call":{"id":"c2","kind":"ContactCenter","status":"NoCall","direction":"Inbound","started":900000,"parties":{"from":"1","from_name":"Eve","to":"2","to_name":"Bob"},"details":{"session_id":"501","telephony_session_id":"s-501","party_id":"p-1","on_behalf_of":2,"queue_call":true,"termination":"final","sip":{"call_id":"4a","to_tag":"17","from_tag":"8b","remote_uri":"sip:2@example.com","local_uri":"sip:1@example.com","session_id":"9"},"info":{"primary":{"kind":"QueueName","value":"Sales"},"additional":{"kind":"None","value":null}},"appearance":{"phone_number":"+1","number":3}}},"until":4605000},{"call":{"id":"c1","kind":"Meeting","status":"Ringing","direction":"Outbound","started":1005000,"parties":{"from":null,"from_name":null,"to":null,"to_name":null},"details":{"session_id":null,"telephony_session_id":null,"party_id":null,"on_behalf_of":null,"queue_call":null,"termination":null,"sip":null,"info":null,"appearance":null}},"until":4605000}]},"version":1000000001,"sequence":1}"#);
    for record in [Record::default(), plain(), connected(), whole()] {
        assert_eq!(serde_json::from_str::<Record>(&line(&record)).expect("a record"), record);
    }
}
