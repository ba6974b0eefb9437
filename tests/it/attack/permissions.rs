//! Who may not do something does not use up how often others may.

use std::num::NonZeroU32;

use presenced::{api::ringcentral::config::RingCentral, config::Config, demo};
use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, TestServer, status_path};

fn one_write(config: &mut Config) {
    config.limits.put_per_second = 0.01;
    config.limits.put_burst = NonZeroU32::MIN;
    config.section_mut::<RingCentral>().rate_limits = true;
    config.section_mut::<RingCentral>().medium_per_minute = 1;
}

/// A token of alice's, on the device of her other one, that may only read.
async fn reader(server: &TestServer) -> String {
    let body = json!({"deviceId": "DEMO", "scopes": ["read"]});
    let made =
        server.call(Method::POST, format!("/presenced/v1/users/{ALICE}/tokens")).token(demo::ADMIN_TOKEN);
    made.json(&body).send().await.json()["token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn a_token_that_reads_spends_no_writes() {
    let cases = [
        (Method::PUT, status_path(ALICE), json!({"presence": "online"})),
        (
            Method::POST,
            format!("/_matrix/client/r0/presence/list/{ALICE}"),
            json!({"invite": [], "drop": []}),
        ),
        (Method::PUT, "/v0/users/me/presence".to_owned(), json!({"presence": "here"})),
        (Method::PUT, "/restapi/v1.0/account/~/extension/~/presence".to_owned(), json!({})),
    ];
    for (method, path, body) in cases {
        let server = TestServer::start_with(one_write).await;
        let reader = reader(&server).await;
        let call = async |token: &str| {
            server
                .call(method.clone(), path.clone())
                .token(token)
                .json(&body)
                .send_undocumented()
                .await
                .status
        };
        for _ in 0..5 {
            let refused = call(&reader).await.as_u16();
            assert!(matches!(refused, 401 | 403 | 429), "{path} {refused}");
        }
        assert_eq!(call("demo-alice").await, 200, "{path}");
        assert_eq!(call("demo-alice").await, 429, "{path}");
    }
}

/// Nor does a token whose user may not do it to somebody else.
#[tokio::test]
async fn a_call_for_somebody_else_spends_no_writes() {
    let server = TestServer::start_with(|config| {
        one_write(config);
        config.section_mut::<RingCentral>().rate_limits = false;
    })
    .await;
    let put = async |extension: u64| {
        let path = format!("/restapi/v1.0/account/~/extension/{extension}/presence");
        server.call(Method::PUT, path).token("demo-alice").json(&json!({})).send().await.status
    };
    assert_eq!([put(9).await, put(9).await], [404, 404]);
    assert_eq!([put(1).await, put(1).await], [200, 429]);
}
