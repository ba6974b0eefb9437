//! Sockets that follow and say, break, and go on.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use presenced::{
    api::{
        Open,
        presenced::types::{PresenceState, Scope, ServerFrame, TokenRequest, Unwatch, Watch},
    },
    client::{Client, Error, Socket, SocketNews, Sockets, StatusCode},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::{
    accept_async,
    tungstenite::{Message, protocol::CloseFrame},
};

use super::{
    client,
    following::{PATIENCE, Way},
};
use crate::support::{ALICE, BOB, CAROL, TestServer, seconds};

const LOBBY: &str = "!lobby:example.com";

/// A socket that does not wait long.
fn hasty(sockets: Sockets) -> Sockets {
    sockets.waits(Duration::from_millis(1), Duration::from_millis(20))
}

async fn news(socket: &mut Socket) -> SocketNews {
    let next = tokio::time::timeout(PATIENCE, socket.next()).await.expect("something in time");
    next.expect("it goes on").expect("no refusal")
}

/// The next frame, whatever breaks until then.
async fn frame(socket: &mut Socket) -> ServerFrame {
    loop {
        match news(socket).await {
            SocketNews::Frame(frame) => return frame,
            SocketNews::Broken => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Reads until a frame is answered: what came before that.
async fn answered(socket: &mut Socket, id: &str) -> Vec<ServerFrame> {
    let mut came = Vec::new();
    loop {
        match frame(socket).await {
            ServerFrame::Ack { id: done } if done == id => return came,
            other => came.push(other),
        }
    }
}

/// Reads until a user is told to be in that state.
async fn until(socket: &mut Socket, user: &str, state: PresenceState) {
    loop {
        if let ServerFrame::Presence { users, .. } = frame(socket).await
            && users.iter().any(|told| told.user_id == user && told.state == state)
        {
            return;
        }
    }
}

async fn end(socket: &mut Socket) {
    let next = tokio::time::timeout(PATIENCE, socket.next()).await.expect("an end in time");
    assert!(next.is_none(), "{next:?}");
}

async fn say(server: &TestServer, user: &str, state: PresenceState) {
    client(server, "demo-admin").user(user).set_presence(state).await.expect("it is said");
}

#[tokio::test]
async fn every_frame_and_its_answer() {
    let server = TestServer::start().await;
    let bob = client(&server, "demo-bob");
    let mut socket = bob.socket().device("web-1").open().await.expect("it opens");
    let ServerFrame::Ready { user_id, device_id, scopes, .. } = frame(&mut socket).await else {
        panic!("it is not ready")
    };
    assert_eq!((user_id.as_deref(), device_id.as_deref()), (Some(BOB), Some("web-1")));
    assert_eq!(scopes, Scope::ALL.iter().copied().map(Open::from).collect::<Vec<_>>());

    let watched = socket.watch(Watch::default().users([ALICE]).rooms([LOBBY]));
    let came = answered(&mut socket, &watched).await;
    let [ServerFrame::Snapshot { users, more: false, .. }] = &came[..] else { panic!("{came:?}") };
    // Bob is offline, and was not named.
    assert_eq!(users.iter().map(|user| user.user_id.as_str()).collect::<Vec<_>>(), [ALICE]);

    let said = socket.say(PresenceState::Busy);
    answered(&mut socket, &said).await;
    let active = socket.be_active();
    answered(&mut socket, &active).await;
    let me = bob.me().presence().await.expect("it is told");
    assert!(me.state == PresenceState::Busy && me.devices.is_some_and(|all| all[0].device_id == "web-1"));

    say(&server, ALICE, PresenceState::Online).await;
    until(&mut socket, ALICE, PresenceState::Online).await;
    client(&server, "demo-admin").room(LOBBY).remove_member(ALICE).await.expect("she is out");
    assert_eq!(frame(&mut socket).await, ServerFrame::Gone { users: vec![ALICE.to_owned()] });

    let unwatched = socket.unwatch(Unwatch::default().users([ALICE]));
    assert_eq!(answered(&mut socket, &unwatched).await, []);
    let nobody = socket.watch(Watch::default());
    let ServerFrame::Error { id, status, .. } = frame(&mut socket).await else { panic!("no error") };
    assert_eq!((id, status), (Some(nobody), 400));
}

/// What was missed is told, what was watched is watched on, and the device says again what it said.
#[tokio::test]
async fn nothing_is_missed_when_the_way_is_cut() {
    let server = TestServer::start().await;
    let way = Way::to(&server).await;
    let bob = Client::new(&way.url).token("demo-bob");
    let mut socket = hasty(bob.socket()).open().await.expect("it opens");
    let watched = socket.watch(Watch::default().rooms([LOBBY]));
    answered(&mut socket, &watched).await;
    let said = socket.say(PresenceState::Busy);
    answered(&mut socket, &said).await;
    for state in [PresenceState::Online, PresenceState::Busy, PresenceState::Offline, PresenceState::Busy] {
        way.cut(&server);
        say(&server, ALICE, PresenceState::Unavailable).await;
        say(&server, ALICE, state).await;
        until(&mut socket, ALICE, state).await;
    }
    // The grace of a connection that is gone is long over.
    let active = socket.be_active();
    answered(&mut socket, &active).await;
    server.advance(seconds(120)).await;
    let me = client(&server, "demo-bob").me().presence().await.expect("it is told");
    assert!(me.state == PresenceState::Busy && me.devices.is_some_and(|all| all[0].connected));
}

/// What was sent and not answered is sent again, and a future that is dropped loses nothing.
#[tokio::test]
async fn what_is_not_answered_is_sent_again() {
    let server = TestServer::start().await;
    let way = Way::to(&server).await;
    let bob = Client::new(&way.url).token("demo-bob");
    let mut socket = hasty(bob.socket()).open().await.expect("it opens");
    for state in [PresenceState::Busy, PresenceState::Online] {
        let watched = socket.watch(Watch::default().users([ALICE]));
        let said = socket.say(state);
        way.cut(&server);
        let mut acks = Vec::new();
        while acks.len() < 2 {
            tokio::select! {
                biased;
                next = socket.next() => {
                    let next = next.expect("it goes on").expect("no refusal");
                    if let SocketNews::Frame(ServerFrame::Ack { id }) = next {
                        acks.push(id);
                    }
                }
                () = tokio::task::yield_now() => {}
            }
        }
        assert_eq!(acks, [watched, said]);
        assert!(client(&server, "demo-bob").me().presence().await.expect("it is told").state == state);
    }
}

#[tokio::test]
async fn a_socket_ends_with_its_token() {
    let server = TestServer::start().await;
    let refused = client(&server, "nonsense").socket().open().await.expect_err("it is no token");
    assert_eq!(refused.status(), Some(StatusCode::UNAUTHORIZED), "{refused:?}");
    let admin = client(&server, "demo-admin");
    let issue = async || {
        let issued = admin.user(CAROL).create_token(&TokenRequest::new("PHONE")).await;
        issued.expect("a token")
    };
    let (one, two) = (issue().await, issue().await);
    let way = Way::to(&server).await;
    let carol = Client::new(&way.url).token(&one.token);
    let mut socket = hasty(carol.socket()).open().await.expect("it opens");
    let continued = socket.use_token(&two.token);
    answered(&mut socket, &continued).await;
    admin.user(CAROL).revoke_token(&one.info.token_id).await.expect("it is revoked");
    way.cut(&server);
    // The other token opens it again.
    let watched = socket.watch(Watch::default().users([CAROL]));
    answered(&mut socket, &watched).await;
    admin.user(CAROL).revoke_token(&two.info.token_id).await.expect("it is revoked");
    let closed = SocketNews::Closed { code: 4401, reason: "revoked".to_owned() };
    assert_eq!(news(&mut socket).await, closed);
    end(&mut socket).await;
}

/// A server that speaks a frame of that kind to each socket, in turn.
async fn newer(frames: Vec<Vec<Value>>, close: Option<u16>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        for frames in frames {
            let (connection, _) = listener.accept().await.expect("a connection");
            let mut socket = accept_async(connection).await.expect("a WebSocket");
            for frame in frames {
                socket.send(Message::text(frame.to_string())).await.expect("it is sent");
            }
            if let Some(code) = close {
                let frame = CloseFrame { code: code.into(), reason: "for this reason".into() };
                socket.close(Some(frame)).await.expect("it is closed");
            }
            while let Some(Ok(_)) = socket.next().await {}
        }
    });
    url
}

fn ready() -> Value {
    json!({"type": "ready", "userId": ALICE, "scopes": ["read", "dance"], "token": "7", "mood": "good"})
}

#[tokio::test]
async fn what_a_newer_server_says() {
    let user = json!({"userId": ALICE, "state": "asleep", "currentlyActive": false, "new": 1});
    let moon = json!({"type": "moon", "phase": "full"});
    let frames = vec![ready(), moon.clone(), json!({"type": "presence", "users": [user], "token": "8"})];
    let url = newer(vec![frames], None).await;
    let mut socket = Client::new(&url).socket().open().await.expect("it opens");
    let ServerFrame::Ready { scopes, .. } = frame(&mut socket).await else { panic!("it is not ready") };
    assert_eq!(scopes, [Scope::Read.into(), Open::Other("dance".to_owned())]);
    assert_eq!(news(&mut socket).await, SocketNews::Other(moon));
    let ServerFrame::Presence { users, .. } = frame(&mut socket).await else { panic!("no presence") };
    assert_eq!(users[0].state, Open::Other("asleep".to_owned()));
}

/// What is closed for a reason that would be the same another time ends; what falls silent, or is closed for another, is
/// opened again.
#[tokio::test]
async fn how_sockets_end() {
    let url = newer(vec![vec![ready()]], Some(1009)).await;
    let mut socket = hasty(Client::new(&url).socket()).open().await.expect("it opens");
    frame(&mut socket).await;
    let closed = SocketNews::Closed { code: 1009, reason: "for this reason".to_owned() };
    assert_eq!(news(&mut socket).await, closed);
    end(&mut socket).await;

    let url = newer(vec![vec![ready()]; 3], Some(4408)).await;
    let mut socket = hasty(Client::new(&url).socket()).open().await.expect("it opens");
    for _ in 0..2 {
        frame(&mut socket).await;
        assert_eq!(news(&mut socket).await, SocketNews::Broken);
    }

    let url = newer(vec![vec![ready()]; 3], None).await;
    let silence = Duration::from_millis(20);
    let mut socket = hasty(Client::new(&url).socket().silence(silence)).open().await.expect("it opens");
    frame(&mut socket).await;
    assert_eq!(news(&mut socket).await, SocketNews::Broken);
    drop(socket);

    let nobody = Client::new("http://127.0.0.1:1").socket().open().await.expect_err("nobody listens");
    assert!(matches!(nobody, Error::Unanswered { .. }) && nobody.may_pass(), "{nobody:?}");
    let url = newer(vec![vec![]], Some(4429)).await;
    let full = Client::new(&url).socket().open().await.expect_err("it is full");
    assert!(matches!(full, Error::Broken { .. }) && full.may_pass(), "{full:?}");
}

/// The token is in no text that is made of a socket.
#[tokio::test]
async fn tokens_are_not_shown() {
    let server = TestServer::start().await;
    let mut socket = client(&server, "demo-alice").socket().open().await.expect("it opens");
    socket.use_token("a-secret");
    let shown = format!("{socket:?}");
    assert!(!shown.contains("demo-alice") && !shown.contains("a-secret"), "{shown}");
}
