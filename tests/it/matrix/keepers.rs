//! Who keeps the contract of Matrix presence: our server, and backends of others behind the stub. What is asked of one is
//! asked of all.

use std::{num::NonZeroU32, ops::Deref};

use presenced::{api::matrix, stub};
use reqwest::Method;
use serde_json::json;

use crate::support::{BOB, Site, TestServer, minutes};

#[path = "../../../examples/own_backend.rs"]
#[expect(dead_code, reason = "it is served by the test")]
mod own_backend;

#[path = "../../../examples/proxy_backend.rs"]
#[expect(dead_code, reason = "it is served by the test")]
mod proxy_backend;

/// A server with alice and bob, who see each other, with nobody else.
pub(super) enum Keeper {
    Ours(Box<TestServer>),
    Other(Site),
    /// A server of ours, and one in front of it.
    Fronted(Box<TestServer>, Site),
}

impl Deref for Keeper {
    type Target = Site;

    fn deref(&self) -> &Site {
        match self {
            Self::Ours(server) => server,
            Self::Other(site) | Self::Fronted(_, site) => site,
        }
    }
}

impl Keeper {
    pub(super) async fn ours() -> Self {
        Self::Ours(Box::new(TestServer::start().await))
    }

    /// The same, where each user may set presence once.
    pub(super) async fn ours_slow() -> Self {
        Self::Ours(Box::new(slow().await))
    }

    pub(super) async fn own_backend() -> Self {
        Self::own_backend_at(0.0).await
    }

    pub(super) async fn own_backend_slow() -> Self {
        Self::own_backend_at(0.001).await
    }

    async fn own_backend_at(per_second: f64) -> Self {
        let routes = own_backend::app(per_second);
        Self::Other(Site::serve(routes, stub::matrix::document(), &matrix::DIALECT).await)
    }

    pub(super) async fn proxy_backend() -> Self {
        Self::in_front_of(TestServer::start().await).await
    }

    pub(super) async fn proxy_backend_slow() -> Self {
        Self::in_front_of(slow().await).await
    }

    async fn in_front_of(server: TestServer) -> Self {
        let routes = proxy_backend::app(&server.url);
        let site = Site::serve(routes, stub::matrix::document(), &matrix::DIALECT).await;
        Self::Fronted(Box::new(server), site)
    }

    /// A token of a guest.
    pub(super) async fn guest(&self) -> String {
        match self {
            Self::Ours(server) | Self::Fronted(server, _) => {
                issue(server, json!({"deviceId": "G", "guest": true})).await
            }
            Self::Other(_) => "demo-guest".to_owned(),
        }
    }

    /// A token that has expired.
    pub(super) async fn expired(&self) -> String {
        match self {
            Self::Ours(server) | Self::Fronted(server, _) => {
                let token = issue(server, json!({"deviceId": "SHORT", "expiresInSeconds": 60})).await;
                server.advance(minutes(1)).await;
                token
            }
            Self::Other(_) => "demo-past".to_owned(),
        }
    }

    /// A user whom alice would see if they did not hide, and their token.
    pub(super) async fn hidden(&self) -> (&'static str, &'static str) {
        match self {
            Self::Ours(server) | Self::Fronted(server, _) => {
                let path = format!("/users/{BOB}/settings");
                server.admin(Method::PUT, &path, Some(json!({"hidden": true}))).await;
                (BOB, "demo-bob")
            }
            Self::Other(_) => ("@ghost:example.com", "demo-ghost"),
        }
    }
}

/// A server where each user may set presence once.
async fn slow() -> TestServer {
    TestServer::start_with(|config| {
        config.limits.put_per_second = 0.001;
        config.limits.put_burst = NonZeroU32::MIN;
    })
    .await
}

async fn issue(server: &TestServer, request: serde_json::Value) -> String {
    let issued = server.admin(Method::POST, &format!("/users/{BOB}/tokens"), Some(request)).await.json();
    issued["token"].as_str().expect("a token").to_owned()
}

/// Makes tests for every keeper of functions that take one: `slow` where each user may set presence once, and `strict`
/// where that is known before a body is read, which one in front of another cannot know.
macro_rules! of_every_keeper {
    ($($test:ident),+; slow: $slow:ident; strict: $strict:ident) => {
        crate::matrix::keepers::of_every_keeper!(@of ours: $($test),+);
        crate::matrix::keepers::of_every_keeper!(@of ours_slow: $slow, $strict);
        crate::matrix::keepers::of_every_keeper!(@of own_backend: $($test),+);
        crate::matrix::keepers::of_every_keeper!(@of own_backend_slow: $slow, $strict);
        crate::matrix::keepers::of_every_keeper!(@of proxy_backend: $($test),+);
        crate::matrix::keepers::of_every_keeper!(@of proxy_backend_slow: $slow);
    };
    (@of $keeper:ident: $($test:ident),+) => {
        mod $keeper {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(&crate::matrix::keepers::Keeper::$keeper().await).await;
                }
            )+
        }
    };
}

pub(super) use of_every_keeper;
