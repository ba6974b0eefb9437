//! Matrix presence lists over a backend that keeps the last list.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use presenced::{
    api, auth,
    stub::{
        Credentials, Limits,
        matrix::{
            AuthenticateError, Caller, Identity, MatrixRefusal, PresenceState, PresenceStatus, Unread,
            presence_lists::{
                EventType, GetListError, ListedEvent, ListedPresence, ModifyListError, PresenceListUpdate,
                PresenceLists, document, routes,
            },
        },
    },
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALICE, BOB, Site, snapshots};

#[derive(Default)]
struct Last(Mutex<PresenceListUpdate>);

#[async_trait]
impl PresenceLists for Last {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        match credentials.token.as_str() {
            "alice" => {
                let device = "D".parse().expect("a device");
                Ok(auth::Caller::new(ALICE.parse().expect("a user"), device))
            }
            _ => Err(MatrixRefusal::no_such_token().into()),
        }
    }

    async fn get_presence_list(&self, _: &Caller, _: &str) -> Result<Vec<ListedEvent>, GetListError> {
        let invited = self.0.lock().invite.clone();
        let event = |user: presenced::id::UserId| ListedEvent {
            kind: EventType::Presence.into(),
            content: ListedPresence {
                user_id: user.as_str().to_owned(),
                presence: PresenceStatus {
                    presence: PresenceState::Online.into(),
                    last_active_ago: None,
                    status_msg: None,
                    currently_active: None,
                },
            },
        };
        Ok(invited.into_iter().map(event).collect())
    }

    async fn modify_presence_list(
        &self,
        caller: &Caller,
        user: &str,
        update: Unread<PresenceListUpdate>,
    ) -> Result<(), ModifyListError> {
        if user != caller.user.as_str() {
            return Err(MatrixRefusal::invalid_param("another's list").into());
        }
        *self.0.lock() = update.read().await?;
        Ok(())
    }
}

#[tokio::test]
async fn presence_lists_come_to_the_backend() {
    let routes = routes(Arc::new(Last::default()), Limits { body_bytes: 1_000, ..Limits::default() });
    let site = Site::serve(routes, document(), &api::matrix::DIALECT).await;
    let done = async |method: Method, path: &str, token: &str, body: Option<Value>| {
        let call = site.call(method, format!("/_matrix/client/{path}")).token(token);
        match body {
            Some(body) => call.json(&body).send().await,
            None => call.send().await,
        }
        .line()
    };
    let (own, invite) = (format!("v3/presence/list/{ALICE}"), || Some(json!({"invite": [BOB]})));
    let answers = [
        done(Method::POST, &own, "alice", invite()).await,
        done(Method::GET, &format!("r0/presence/list/{ALICE}"), "alice", None).await,
        done(Method::POST, &format!("v3/presence/list/{BOB}"), "alice", invite()).await,
        done(Method::POST, &own, "alice", Some(json!({"invite": "bob"}))).await,
        done(Method::GET, &own, "nobody", None).await,
        done(Method::GET, "v3/presence/list/alice", "alice", None).await,
        done(Method::DELETE, &own, "alice", None).await,
    ];
    snapshots().bind(|| insta::assert_snapshot!("stub-matrix-lists", answers.join("\n")));
}
