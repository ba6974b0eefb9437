//! Streams of changes that break, are ended, and go on.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use presenced::{
    api::{
        Open,
        matrix::types::PresenceListUpdate,
        presenced::types::{ConnectedState, EndReason, PresenceState, Standing, TokenRequest},
    },
    client::{Change, ChangeStream, Changes, Client, StatusCode},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{client, news::Fake};
use crate::support::{ALICE, BOB, CAROL, SharedStore, TestServer, minutes, seconds};

const LOBBY: &str = "!lobby:example.com";

/// How long a test waits for what has to come.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A way to a server that can be cut, and lead elsewhere afterwards.
pub(super) struct Way {
    pub(super) url: String,
    /// Where it leads, and how often it was cut.
    leads: Arc<watch::Sender<(String, usize)>>,
}

impl Way {
    pub(super) async fn to(server: &TestServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let leads = Arc::new(watch::Sender::new((address(server), 0)));
        let ways = leads.clone();
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let mut leads = ways.subscribe();
                tokio::spawn(async move {
                    let to = leads.borrow_and_update().0.clone();
                    let Ok(mut to) = TcpStream::connect(to).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut from, &mut to) => {}
                        _ = leads.changed() => {}
                    }
                });
            }
        });
        Self { url, leads }
    }

    /// Cuts all connections; new ones lead to that server.
    pub(super) fn cut(&self, server: &TestServer) {
        self.leads.send_modify(|(to, cuts)| {
            *to = address(server);
            *cuts += 1;
        });
    }
}

fn address(server: &TestServer) -> String {
    server.url.trim_start_matches("http://").to_owned()
}

/// A stream that does not wait long.
fn hasty(changes: Changes) -> Changes {
    changes.waits(Duration::from_millis(1), Duration::from_millis(20))
}

async fn next(changes: &mut ChangeStream) -> Change {
    let next = tokio::time::timeout(PATIENCE, changes.next()).await.expect("something in time");
    next.expect("the stream goes on").expect("no refusal")
}

/// Who the next change is about, and their state.
async fn told(changes: &mut ChangeStream) -> (String, PresenceState) {
    match next(changes).await {
        Change::Presence(user) => (user.user_id, *user.state.known().expect("a known state")),
        other => panic!("{other:?}"),
    }
}

async fn end(changes: &mut ChangeStream) {
    let next = tokio::time::timeout(PATIENCE, changes.next()).await.expect("an end in time");
    assert!(next.is_none(), "{next:?}");
}

async fn say(server: &TestServer, user: &str, state: PresenceState) {
    client(server, "demo-admin").user(user).set_presence(state).await.expect("it is said");
}

#[tokio::test]
async fn all_that_is_told() {
    let server = TestServer::start().await;
    let bob = client(&server, "demo-bob");
    let asked = bob.changes().users([ALICE]).room(LOBBY).state(ConnectedState::Online).label("rust");
    let mut changes = asked.open().await.expect("it opens");
    let Change::Snapshot(snapshot) = next(&mut changes).await else { panic!("no snapshot") };
    let ids: Vec<_> = snapshot.users.iter().map(|user| user.user_id.as_str()).collect();
    assert_eq!((ids, snapshot.more), (vec![ALICE, BOB], false));
    let me = bob.me().presence().await.expect("it is told");
    assert_eq!(me.devices.expect("devices")[0].label.as_deref(), Some("rust"));
    say(&server, ALICE, PresenceState::Busy).await;
    assert_eq!(told(&mut changes).await, (ALICE.to_owned(), PresenceState::Busy));
    client(&server, "demo-admin").room(LOBBY).remove_member(ALICE).await.expect("she is out");
    assert_eq!(next(&mut changes).await, Change::Gone(vec![ALICE.to_owned()]));
}

/// A user's stream of everybody tells of presence lists too.
#[tokio::test]
async fn presence_lists_are_told() {
    let server = TestServer::start().await;
    let mut changes = client(&server, "demo-alice").changes().snapshot().open().await.expect("it opens");
    assert!(matches!(next(&mut changes).await, Change::Snapshot(_)));
    let invite = PresenceListUpdate { invite: vec![ALICE.parse().expect("an id")], drop: vec![] };
    client(&server, "demo-carol").matrix().update_presence_list(CAROL, &invite).await.expect("it is asked");
    let Change::PresenceList(list) = next(&mut changes).await else { panic!("no list") };
    assert_eq!(list.observers[0].standing, Standing::Pending);
}

/// What was missed is told once, as it is by then, however often the way is cut.
#[tokio::test]
async fn nothing_is_missed_when_the_way_is_cut() {
    let server = TestServer::start().await;
    let way = Way::to(&server).await;
    let asked = Client::new(&way.url).token("demo-admin").changes().users([ALICE, BOB, CAROL]);
    let mut changes = hasty(asked).open().await.expect("it opens");
    assert!(matches!(next(&mut changes).await, Change::Snapshot(_)));
    for state in [PresenceState::Online, PresenceState::Busy, PresenceState::Offline, PresenceState::Busy] {
        way.cut(&server);
        let mut expected = Vec::new();
        for user in [ALICE, BOB, CAROL] {
            say(&server, user, PresenceState::Unavailable).await;
            say(&server, user, state).await;
            expected.push((user.to_owned(), state));
        }
        // One may be told while another is still said.
        let mut last = Vec::new();
        while last != expected {
            let (user, state) = told(&mut changes).await;
            last.retain(|(known, _)| *known != user);
            last.push((user, state));
            last.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
    }
}

/// Another server on the same data goes on where the first one was stopped, which says that it stops.
#[tokio::test]
async fn nothing_is_missed_when_a_server_is_restarted() {
    let store = SharedStore::default();
    let server = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
    let other = server.beside(Box::new(store)).await;
    let way = Way::to(&server).await;
    let asked = Client::new(&way.url).token("demo-admin").changes().users([ALICE]);
    let mut changes = hasty(asked).open().await.expect("it opens");
    assert!(matches!(next(&mut changes).await, Change::Snapshot(_)));
    let stopping = tokio::spawn(server.stop());
    assert_eq!(next(&mut changes).await, Change::End(EndReason::Stopping.into()));
    say(&other, ALICE, PresenceState::Busy).await;
    way.cut(&other);
    assert_eq!(told(&mut changes).await, (ALICE.to_owned(), PresenceState::Busy));
    drop(changes);
    stopping.await.expect("it ends");
}

/// A stream is told why it ends, and then ends; one that is refused when it comes again says so.
#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let server = TestServer::start().await;
    let admin = client(&server, "demo-admin");
    let issued = admin.user(CAROL).create_token(&TokenRequest::new("PHONE").expires_in(minutes(2))).await;
    let carol = client(&server, &issued.expect("a token").token);
    let mut changes = carol.changes().snapshot().open().await.expect("it opens");
    assert!(matches!(next(&mut changes).await, Change::Snapshot(_)));
    server.advance(seconds(70)).await;
    assert!(matches!(next(&mut changes).await, Change::Expiring(_)));
    server.advance(seconds(60)).await;
    assert_eq!(next(&mut changes).await, Change::End(EndReason::Expired.into()));
    end(&mut changes).await;

    let issued = admin.user(CAROL).create_token(&TokenRequest::new("PHONE")).await.expect("a token");
    let way = Way::to(&server).await;
    let other = TestServer::start().await;
    let asked = Client::new(&way.url).token(&issued.token).changes().snapshot();
    let mut changes = hasty(asked).open().await.expect("it opens");
    assert!(matches!(next(&mut changes).await, Change::Snapshot(_)));
    way.cut(&other);
    let refused = tokio::time::timeout(PATIENCE, changes.next()).await.expect("something in time");
    let refused = refused.expect("a refusal").expect_err("it knows no such token");
    assert_eq!(refused.status(), Some(StatusCode::UNAUTHORIZED));
    end(&mut changes).await;
}

/// Another stream goes on where one was.
#[tokio::test]
async fn a_stream_goes_on_after_an_id() {
    let server = TestServer::start().await;
    let admin = client(&server, "demo-admin");
    let mut changes = admin.changes().users([ALICE]).open().await.expect("it opens");
    assert!(matches!(next(&mut changes).await, Change::Snapshot(_)));
    let last = changes.last_event_id().expect("an id").to_owned();
    drop(changes);
    say(&server, ALICE, PresenceState::Online).await;
    let changes = admin.changes().users([ALICE]).since(last).open().await.expect("it opens");
    let mut changes = Box::pin(changes.into_stream());
    let first = changes.next().await.expect("a change").expect("no refusal");
    assert!(matches!(first, Change::Presence(user) if user.state == PresenceState::Online));
}

/// What comes in pieces is read whole, what is not known is told as it is, and a connection on which nothing comes is
/// given up, as is one that a server cannot answer.
#[tokio::test]
async fn a_newer_server_that_fails_and_falls_silent() {
    let events = ["event: presence\r\ndata: {\"userId\":\"@a:b\",\"state\":\"asleep\",\"currentlyActive\":false,\"new\":1}\r\nid: 7\r\n\r\n",
        ": a comment\nretry: 1\n\nevent: moon\ndata: full\ndata: moon\n\nevent: end\ndata: {\"reason\":\"bored\"}\n\n"].concat();
    let newer = Fake::start(move |number| match number {
        1 => (200, vec![], events.clone()),
        2 => (503, vec![("retry-after", "0".to_owned())], "{}".to_owned()),
        _ => (403, vec![], "{}".to_owned()),
    })
    .await;
    let mut changes = hasty(Client::new(&newer.url).changes()).open().await.expect("it opens");
    let Change::Presence(user) = next(&mut changes).await else { panic!("no presence") };
    assert_eq!(user.state, Open::Other("asleep".to_owned()));
    let moon = Change::Other { event: "moon".to_owned(), data: "full\nmoon".to_owned() };
    assert_eq!(next(&mut changes).await, moon);
    assert_eq!(next(&mut changes).await, Change::End(Open::Other("bored".to_owned())));
    let refused = changes.next().await.expect("a refusal").expect_err("it is no more");
    assert_eq!(refused.status(), Some(StatusCode::FORBIDDEN));
    end(&mut changes).await;
    let ids: Vec<_> =
        newer.requests.lock().iter().map(|headers| headers.get("last-event-id").cloned()).collect();
    assert_eq!(ids, [None, Some("7".parse().expect("a value")), Some("7".parse().expect("a value"))]);
}

#[tokio::test]
async fn a_silent_connection_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let (count, mut counted) = watch::channel(0);
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = silent.accept().await {
            assert_ne!(stream.read(&mut [0; 4_096]).await.expect("a request"), 0);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: here\n\n";
            stream.write_all(head.as_bytes()).await.expect("it is written");
            open.push(stream);
            count.send_modify(|count| *count += 1);
        }
    });
    let asked = Client::new(&url).changes().silence(Duration::from_millis(20));
    let mut changes = hasty(asked).open().await.expect("it opens");
    // Nothing is told, however often it comes again.
    tokio::select! {
        told = changes.next() => panic!("{told:?}"),
        came = counted.wait_for(|count| *count >= 3) => drop(came.expect("connections")),
    }
}
