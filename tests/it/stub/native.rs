//! presenced's own API over a backend that keeps the last thing that was said.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use presenced::{
    api::{self, presenced::types::PresenceState},
    auth,
    stub::{
        Credentials, DeviceId, Limits, RoomId, Scope, Scopes, UserId,
        presenced::{
            ActivityError, AuthenticateError, CallReport, Caller, DeleteCallError, DeletePresenceError,
            GetPresenceError, GetSettingsError, HeartbeatResults, Heartbeats, HeartbeatsError, Identity,
            Presence, PresenceQuery, PresenceQueryResult, PresenceUpdate, PresenceUpdateResults,
            PresenceUpdates, ProblemRefusal, PutCallError, PutPresenceError, PutSettingsError,
            QueryPresenceError, RoomPresence, RoomPresenceError, RoomQuery, Unread, UpdatesError,
            UserPresence, UserRooms, UserRoomsError, UserSettings, document, routes,
        },
    },
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALICE, Answer, BOB, Site};

/// What was done last, whoever it is about.
#[derive(Default)]
struct Last(Mutex<String>);

impl Last {
    fn note(&self, caller: &Caller, what: impl Into<String>) {
        *self.0.lock() = format!("{} {}", caller.credentials.token, what.into());
    }

    fn shown(&self, user: &UserId) -> UserPresence {
        UserPresence {
            user_id: user.as_str().to_owned(),
            state: PresenceState::Online.into(),
            currently_active: false,
            last_active_at: None,
            status: Some(self.0.lock().clone()),
            status_expires_at: None,
            devices: None,
        }
    }
}

#[async_trait]
impl Presence for Last {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        let device: DeviceId = "D".parse().expect("a device");
        match credentials.token.as_str() {
            "admin" => Ok(Identity::Admin),
            "backend" => Ok(Identity::Service(Scopes::all())),
            "alice" => Ok(Identity::User(auth::Caller::new(ALICE.parse().expect("a user"), device))),
            "reader" => {
                let mut reader = auth::Caller::new(ALICE.parse().expect("a user"), device);
                reader.scopes = [Scope::Read].into_iter().collect();
                Ok(Identity::User(reader))
            }
            _ => Err(ProblemRefusal::no_such_token().into()),
        }
    }

    async fn get_user_presence(&self, _: &Caller, user: &UserId) -> Result<UserPresence, GetPresenceError> {
        Ok(self.shown(user))
    }

    async fn put_user_presence(
        &self,
        caller: &Caller,
        user: &UserId,
        update: Unread<PresenceUpdate>,
    ) -> Result<UserPresence, PutPresenceError> {
        if user.localpart() == "nobody" {
            return Err(ProblemRefusal::not_found("there is no such user").into());
        }
        self.note(caller, format!("{:?}", update.read().await?.state));
        Ok(self.shown(user))
    }

    async fn delete_user_presence(
        &self,
        caller: &Caller,
        _: &UserId,
        device: &DeviceId,
    ) -> Result<(), DeletePresenceError> {
        self.note(caller, format!("end {}", device.as_str()));
        Ok(())
    }

    async fn post_activity(&self, caller: &Caller, device: &DeviceId) -> Result<(), ActivityError> {
        self.note(caller, format!("active {}", device.as_str()));
        Ok(())
    }

    async fn query_presence(
        &self,
        _: &Caller,
        query: PresenceQuery,
    ) -> Result<PresenceQueryResult, QueryPresenceError> {
        Ok(PresenceQueryResult { presence: Vec::new(), unavailable: query.users.unwrap_or_default() })
    }

    async fn update_presence(
        &self,
        caller: &Caller,
        updates: PresenceUpdates,
    ) -> Result<PresenceUpdateResults, UpdatesError> {
        self.note(caller, format!("{} updates", updates.updates.len()));
        Ok(PresenceUpdateResults { results: Vec::new() })
    }

    async fn get_room_presence(
        &self,
        _: &Caller,
        _: &RoomId,
        query: &RoomQuery,
    ) -> Result<RoomPresence, RoomPresenceError> {
        Err(ProblemRefusal::not_found(format!("{} states, {} members", query.states.len(), query.limit))
            .into())
    }

    async fn get_user_rooms(&self, _: &Caller, _: &UserId) -> Result<UserRooms, UserRoomsError> {
        Ok(UserRooms { rooms: Vec::new() })
    }

    async fn post_heartbeats(
        &self,
        caller: &Caller,
        heartbeats: Heartbeats,
    ) -> Result<HeartbeatResults, HeartbeatsError> {
        self.note(caller, format!("{} heartbeats", heartbeats.heartbeats.len()));
        Ok(HeartbeatResults { results: Vec::new() })
    }

    async fn put_call(
        &self,
        caller: &Caller,
        _: &UserId,
        call: &str,
        report: CallReport,
    ) -> Result<(), PutCallError> {
        self.note(caller, format!("{call} {:?}", report.direction));
        Ok(())
    }

    async fn delete_call(&self, caller: &Caller, _: &UserId, call: &str) -> Result<(), DeleteCallError> {
        self.note(caller, format!("{call} ended"));
        Ok(())
    }

    async fn get_settings(&self, _: &Caller, _: &UserId) -> Result<UserSettings, GetSettingsError> {
        Ok(UserSettings::default())
    }

    async fn put_settings(
        &self,
        _: &Caller,
        _: &UserId,
        settings: Unread<UserSettings>,
    ) -> Result<UserSettings, PutSettingsError> {
        Ok(settings.read().await?)
    }
}

async fn start() -> Site {
    let routes = routes(Arc::new(Last::default()), Limits { body_bytes: 1_000, ..Limits::default() });
    Site::serve(routes, document(), &api::presenced::DIALECT).await
}

async fn call(site: &Site, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
    let call = site.call(method, format!("/presenced/v1{path}")).token(token);
    match body {
        Some(body) => call.json(&body).send().await,
        None => call.send().await,
    }
}

#[tokio::test]
async fn every_operation_comes_to_the_backend() {
    let site = start().await;
    let done =
        async |token: &str, method, path: &str, body| call(&site, token, method, path, body).await.line();
    let of_bob = format!("/users/{BOB}/presence");
    let answers = [
        done("alice", Method::PUT, "/users/me/presence", Some(json!({"state": "busy"}))).await,
        done("backend", Method::PUT, &of_bob, Some(json!({"state": "online"}))).await,
        done("alice", Method::DELETE, "/users/me/presence?deviceId=E", None).await,
        done("reader", Method::GET, "/users/me/presence", None).await,
        done("alice", Method::POST, "/activity", None).await,
        done("reader", Method::GET, &of_bob, None).await,
        done("reader", Method::POST, "/presence/query", Some(json!({"users": [BOB]}))).await,
        done("backend", Method::POST, "/presence/update", Some(json!({"updates": []}))).await,
        done("reader", Method::GET, "/rooms/!a:example.com/presence?state=busy&limit=7", None).await,
        done("reader", Method::GET, "/users/me/rooms", None).await,
        done("admin", Method::POST, "/heartbeats", Some(json!({"heartbeats": []}))).await,
        done("admin", Method::DELETE, &format!("/users/{BOB}/calls/c1"), None).await,
        done("admin", Method::GET, &of_bob, None).await,
        done("alice", Method::PUT, "/users/me/settings", Some(json!({"hidden": true}))).await,
        done("reader", Method::GET, "/users/me/settings", None).await,
    ];
    insta::assert_snapshot!(answers.join("\n"), @r#"
    200 {"userId":"@alice:example.com","state":"online","currentlyActive":false,"status":"alice Some(Busy)"}
    200 {"userId":"@bob:example.com","state":"online","currentlyActive":false,"status":"backend Some(Online)"}
    204 
    200 {"userId":"@alice:example.com","state":"online","currentlyActive":false,"status":"alice end E"}
    204 
    200 {"userId":"@bob:example.com","state":"online","currentlyActive":false,"status":"alice active D"}
    200 {"presence":[],"unavailable":["@bob:example.com"]}
    200 {"results":[]}
    404 {"type":"urn:presenced:problem:not-found","title":"Not Found","status":404,"detail":"1 states, 7 members"}
    200 {"rooms":[]}
    200 {"results":[]}
    204 
    200 {"userId":"@bob:example.com","state":"online","currentlyActive":false,"status":"admin c1 ended"}
    200 {"override":"none","hidden":true}
    200 {"override":"none","hidden":false}
    "#);
    let report = json!({"direction": "Inbound", "telephonyStatus": "Ringing"});
    let put = done("admin", Method::PUT, &format!("/users/{BOB}/calls/c1"), Some(report)).await;
    assert_eq!(put, "204 ");
}

#[tokio::test]
async fn what_is_refused_before_or_by_the_backend() {
    let site = start().await;
    let done =
        async |token: &str, method, path: &str, body| call(&site, token, method, path, body).await.line();
    let state = || Some(json!({"state": "busy"}));
    let answers = [
        done("nobody", Method::GET, "/users/me/presence", None).await,
        done("alice", Method::GET, "/users/bob/presence", None).await,
        done("alice", Method::PUT, &format!("/users/{BOB}/presence"), state()).await,
        done("reader", Method::PUT, "/users/me/presence", state()).await,
        done("admin", Method::PUT, "/users/me/presence", state()).await,
        done("admin", Method::PUT, "/users/@nobody:example.com/presence", state()).await,
        done("alice", Method::PUT, "/users/me/presence", Some(json!({"state": "asleep"}))).await,
        done("alice", Method::PUT, "/users/me/presence", Some(json!({"label": "x".repeat(2_000)}))).await,
        done("reader", Method::POST, "/heartbeats", Some(json!({"heartbeats": []}))).await,
        done("alice", Method::POST, "/presence/update", Some(json!({"updates": []}))).await,
        done("reader", Method::GET, "/rooms/!a:example.com/presence?limit=0", None).await,
        done("alice", Method::GET, "/nowhere", None).await,
        done("alice", Method::DELETE, "/presence/query", None).await,
    ];
    insta::assert_snapshot!(answers.join("\n"), @r#"
    401 {"type":"urn:presenced:problem:unknown-token","title":"Unauthorized","status":401,"detail":"the access token is unknown or was revoked"}
    400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"userId: a user id starts with `@`"}
    403 {"type":"urn:presenced:problem:forbidden","title":"Forbidden","status":403,"detail":"this is for the user themselves and the admin"}
    403 {"type":"urn:presenced:problem:forbidden","title":"Forbidden","status":403,"detail":"the token lacks the scope `write`"}
    403 {"type":"urn:presenced:problem:forbidden","title":"Forbidden","status":403,"detail":"the token belongs to no user"}
    404 {"type":"urn:presenced:problem:not-found","title":"Not Found","status":404,"detail":"there is no such user"}
    400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"body: unknown variant `asleep`, expected one of `offline`, `unavailable`, `online`, `busy` at line 1 column 17"}
    413 {"type":"urn:presenced:problem:too-large","title":"Payload Too Large","status":413,"detail":"the request body is larger than the 1000 bytes allowed"}
    403 {"type":"urn:presenced:problem:forbidden","title":"Forbidden","status":403,"detail":"the token lacks the scope `gateway`"}
    403 {"type":"urn:presenced:problem:forbidden","title":"Forbidden","status":403,"detail":"this needs the admin token or a service token"}
    400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"limit: has to be from 1 to 1000"}
    404 {"type":"urn:presenced:problem:not-found","title":"Not Found","status":404,"detail":"there is no such path"}
    405 {"type":"urn:presenced:problem:method-not-allowed","title":"Method Not Allowed","status":405,"detail":"this path does not take this method"}
    "#);
}
