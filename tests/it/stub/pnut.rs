//! Presence of pnut.io's over a backend of one user.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use presenced::{
    api,
    stub::{
        Credentials, Limits, Scope, Scopes,
        pnut::{
            Allowance, AuthenticateError, Call, Caller, GetPresenceError, Identity, ListPresenceError,
            Listed, PnutRefusal, Presence, SetPresenceError, Unread, Update, UserPresence, UserRef, document,
            routes,
        },
    },
};
use reqwest::Method;

use crate::support::{Answer, Site};

/// Alice, number 1, with her text; and how many calls are left.
struct Alone {
    text: Mutex<String>,
    left: Mutex<u32>,
}

impl Alone {
    fn alice(&self) -> UserPresence {
        UserPresence {
            id: "1".to_owned(),
            username: "alice".to_owned(),
            name: None,
            avatar_image: None,
            presence: self.text.lock().clone(),
            last_seen_at: None,
        }
    }
}

#[async_trait]
impl Presence for Alone {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        let scopes: &[Scope] = match credentials.token.as_str() {
            "alice" => &[Scope::Read, Scope::Write],
            "reader" => &[Scope::Read],
            "app" => return Ok(Identity::App { name: "board".to_owned(), scopes: Scopes::all() }),
            _ => return Err(PnutRefusal::unknown_token().into()),
        };
        let user = ("@alice:example.com".parse().expect("a user"), "D".parse().expect("a device"));
        let mut alice = presenced::auth::Caller::new(user.0, user.1);
        alice.scopes = scopes.iter().copied().collect();
        Ok(Identity::User(alice))
    }

    fn count(&self, _: &Call<'_>) -> Option<Result<Allowance, Allowance>> {
        let mut left = self.left.lock();
        let allowance = |remaining| Allowance { limit: 100, remaining, reset: 60 };
        *left = left.checked_sub(1)?;
        Some(if *left == 0 { Err(allowance(0)) } else { Ok(allowance(*left)) })
    }

    async fn list_presence(&self, _: &Caller) -> Result<Listed, ListPresenceError> {
        Ok(Box::new(vec![self.alice()].into_iter()))
    }

    async fn get_presence(&self, _: &Caller, user: &UserRef) -> Result<UserPresence, GetPresenceError> {
        match user {
            UserRef::Me | UserRef::Number(1) => Ok(self.alice()),
            UserRef::Name(name) if name.eq_ignore_ascii_case("alice") => Ok(self.alice()),
            _ => Err(PnutRefusal::no_such_user().into()),
        }
    }

    async fn set_presence(
        &self,
        _: &Caller,
        _: &UserRef,
        update: Option<Unread<Update>>,
    ) -> Result<UserPresence, SetPresenceError> {
        if let Some(update) = update {
            *self.text.lock() = match update.read().await? {
                Update::Present { text, .. } => text.unwrap_or_else(|| "online".to_owned()),
                Update::Offline => "offline".to_owned(),
            };
        }
        Ok(self.alice())
    }
}

async fn start(calls: u32) -> Site {
    let alone = Alone { text: Mutex::new("offline".to_owned()), left: Mutex::new(calls) };
    let routes = routes(Arc::new(alone), Limits { body_bytes: 1_000, ..Limits::default() });
    Site::serve(routes, document(), &api::pnut::DIALECT).await
}

async fn get(site: &Site, token: &str, path: &str) -> Answer {
    site.call(Method::GET, path).token(token).send().await
}

async fn put(site: &Site, token: &str, body: &str) -> Answer {
    let call = site.call(Method::PUT, "/v0/users/me/presence").token(token);
    call.header("content-type", "application/x-www-form-urlencoded").body(body).send().await
}

#[tokio::test]
async fn what_is_set_is_read_in_the_contract_s_form() {
    let site = start(u32::MAX).await;
    let answers = [
        put(&site, "alice", "presence=on the train").await.line(),
        get(&site, "reader", "/v0/presence").await.line(),
        get(&site, "app", "/v1/users/@Alice/presence").await.line(),
        get(&site, "alice", "/v0/presence/1?update_presence=0").await.line(),
        get(&site, "reader", "/v0/presence?update_presence=x").await.line(),
    ];
    insta::assert_snapshot!(answers.join("\n"), @r#"
    200 {"meta":{"code":200},"data":{"id":"1","username":"alice","presence":"on the train"}}
    200 {"meta":{"code":200},"data":[{"id":"1","username":"alice","presence":"on the train"}]}
    200 {"meta":{"code":200},"data":{"id":"1","username":"alice","presence":"on the train"}}
    200 {"meta":{"code":200,"updated_presence":true},"data":{"id":"1","username":"alice","presence":"offline"}}
    200 {"meta":{"code":200,"updated_presence":false},"data":[{"id":"1","username":"alice","presence":"offline"}]}
    "#);
    let answer = get(&site, "reader", "/v1/presence").await;
    let names = ["x-api-version", "x-oauth-scopes", "access-control-allow-methods", "x-ratelimit-limit"];
    assert_eq!(names.map(|name| answer.header(name)), ["1.3.0", "basic", "GET, PUT", "100"]);
}

#[tokio::test]
async fn what_is_refused() {
    let site = start(u32::MAX).await;
    let answers = [
        get(&site, "nobody", "/v0/presence").await.line(),
        site.call(Method::GET, "/v0/presence").send().await.line(),
        get(&site, "alice", "/v0/users/7/presence").await.line(),
        get(&site, "alice", "/v0/users/bob/presence").await.line(),
        get(&site, "alice", "/v1/users/bob/presence").await.line(),
        get(&site, "app", "/v0/users/me/presence").await.line(),
        put(&site, "reader", "presence=x").await.line(),
        put(&site, "alice", &format!("presence={}", "x".repeat(101))).await.line(),
        put(&site, "alice", &format!("presence={}", "x".repeat(1_000))).await.line(),
        get(&site, "alice", "/v0/nowhere").await.line(),
        site.call(Method::DELETE, "/v0/presence").token("alice").send().await.line(),
    ];
    insta::assert_snapshot!(answers.join("\n"), @r#"
    401 {"meta":{"code":401,"error_message":"The access token is unknown or was revoked."}}
    401 {"meta":{"code":401,"error_message":"Access token required."}}
    404 {"meta":{"code":404,"error_message":"There is no such user."}}
    404 {"meta":{"code":404,"error_message":"There is no such user."}}
    400 {"meta":{"code":400,"error_message":"user_id: has to be `me`, a number, or a name after `@`."}}
    403 {"meta":{"code":403,"error_message":"This needs the access token of a user."}}
    403 {"meta":{"code":403,"error_message":"The access token lacks the scope `presence`."}}
    400 {"meta":{"code":400,"error_message":"presence: has 101 characters; at most 100 are allowed."}}
    413 {"meta":{"code":413,"error_message":"The request body is larger than the 1000 bytes allowed."}}
    404 {"meta":{"code":404,"error_message":"There is no such path."}}
    405 {"meta":{"code":405,"error_message":"This path does not take this method."}}
    "#);
}

#[tokio::test]
async fn a_ban_is_told() {
    let site = start(2).await;
    assert_eq!(get(&site, "alice", "/v0/presence").await.header("x-ratelimit-remaining"), "1");
    let banned = get(&site, "alice", "/v0/presence").await;
    insta::assert_snapshot!(banned.line(), @r#"429 {"meta":{"code":429,"error_message":"Too many requests.","retry_in":60}}"#);
    assert_eq!(banned.header("retry-after"), "60");
}
