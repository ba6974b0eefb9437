//! ruma-client-api builds the requests and reads the answers.

use std::{borrow::Cow, time::Duration};

use ruma_client_api::presence::{get_presence, set_presence};
use ruma_common::{
    OwnedUserId,
    api::{
        IncomingResponseExt, MatrixVersion, OutgoingRequest, OutgoingRequestExt, SupportedVersions,
        auth_scheme::{AccessToken, SendAccessToken},
        error::{ErrorKind, FromHttpResponseError, RetryAfter},
        path_builder::VersionHistory,
    },
    presence::PresenceState,
};

use crate::support::{ALICE, TestServer, seconds};

type Outcome<R> = Result<
    <R as OutgoingRequest>::IncomingResponse,
    FromHttpResponseError<<R as OutgoingRequest>::EndpointError>,
>;

/// Sends what ruma builds for a server of this version, and lets ruma read the answer.
async fn ask<R>(server: &TestServer, version: MatrixVersion, token: &str, request: R) -> Outcome<R>
where
    R: OutgoingRequest<Authentication = AccessToken, PathBuilder = VersionHistory>,
{
    let versions = SupportedVersions { versions: [version].into(), features: [].into() };
    let request = request
        .try_into_http_request::<Vec<u8>>(
            &server.url,
            SendAccessToken::IfRequired(token),
            Cow::Owned(versions),
        )
        .expect("ruma builds the request");
    let request = reqwest::Request::try_from(request).expect("reqwest takes the request");
    let answer = reqwest::Client::new().execute(request).await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.expect("a whole answer");
    let mut response = axum::http::Response::new(body.as_ref());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    R::IncomingResponse::try_from_http_response(response)
}

fn alice() -> OwnedUserId {
    ALICE.try_into().expect("a user id")
}

fn online(text: &str) -> set_presence::v3::Request {
    let mut request = set_presence::v3::Request::new(alice(), PresenceState::Online);
    request.status_msg = Some(text.to_owned());
    request
}

#[tokio::test]
async fn sets_and_gets_by_the_new_and_the_old_path() {
    let server = TestServer::start().await;
    for (version, text) in [(MatrixVersion::V1_0, "by r0"), (MatrixVersion::V1_11, "by v3")] {
        ask(&server, version, "demo-alice", online(text)).await.expect("it is set");
        let get = get_presence::v3::Request::new(alice());
        let seen = ask(&server, version, "demo-bob", get).await.expect("it is seen");
        assert_eq!(seen.presence, PresenceState::Online);
        assert_eq!(seen.status_msg.as_deref(), Some(text));
        assert_eq!(seen.currently_active, Some(true));
        assert_eq!(seen.last_active_ago, Some(Duration::ZERO));
        server.advance(seconds(1)).await;
    }
}

fn kind<T: std::fmt::Debug>(
    outcome: Result<T, FromHttpResponseError<ruma_common::api::error::Error>>,
) -> (u16, ErrorKind) {
    match outcome {
        Err(FromHttpResponseError::Server(error)) => {
            (error.status_code.as_u16(), error.error_kind().expect("a Matrix error").clone())
        }
        other => panic!("a refusal, not {other:?}"),
    }
}

#[tokio::test]
async fn reads_refusals() {
    let server = TestServer::start_with(|config| {
        config.limits.put_per_second = 0.2;
        config.limits.put_burst = std::num::NonZeroU32::MIN;
    })
    .await;
    let version = MatrixVersion::V1_11;
    let get = || get_presence::v3::Request::new(alice());
    assert_eq!(kind(ask(&server, version, "demo-carol", get()).await), (403, ErrorKind::Forbidden));
    let (status, unknown) = kind(ask(&server, version, "nonsense", get()).await);
    assert!(status == 401 && matches!(unknown, ErrorKind::UnknownToken(_)), "{unknown:?}");
    assert_eq!(kind(ask(&server, version, "demo-bob", online("")).await), (403, ErrorKind::Forbidden));
    ask(&server, version, "demo-alice", online("once")).await.expect("it is set");
    let (status, limited) = kind(ask(&server, version, "demo-alice", online("twice")).await);
    let ErrorKind::LimitExceeded(limited) = limited else { panic!("a limit, not {limited:?}") };
    assert_eq!((status, limited.retry_after), (429, Some(RetryAfter::Delay(Duration::from_secs(5)))));
}
