//! `X-Forwarded-For` and `Forwarded`: whose calls are counted together.

use presenced::config::{Config, ForwardedHeaders};
use reqwest::Method;

use super::{one_call_an_address, trust_this_machine};
use crate::support::TestServer;

type Headers = &'static [(&'static str, &'static str)];

/// Whether a call with these headers is counted for that address: whether it is one too many after a call of it.
async fn counts_for(headers: Headers, address: &str, change: impl FnOnce(&mut Config)) -> bool {
    let mut told = None;
    let server = TestServer::start_with(|config| {
        one_call_an_address(config);
        change(config);
        told = Some(config.server.forwarded);
    })
    .await;
    let call = || server.call(Method::GET, "/v0/presence");
    let first = match (address, told) {
        ("127.0.0.1", _) => call(),
        (_, Some(ForwardedHeaders::Forwarded)) => call().header("forwarded", format!("for=\"{address}\"")),
        _ => call().header("x-forwarded-for", address),
    };
    assert_eq!(first.send().await.status, 401);
    let second = headers.iter().fold(call(), |call, (name, value)| call.header(name, *value));
    match second.send().await.status.as_u16() {
        429 => true,
        401 => false,
        status => panic!("{status}"),
    }
}

fn trust(config: &mut Config) {
    trust_this_machine(config);
    config.server.trusted_proxies.push("10.0.0.0/8".parse().expect("a network"));
}

#[tokio::test]
async fn the_rightmost_that_is_no_trusted_proxy() {
    let rows: [(Headers, &str); 12] = [
        (&[("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
        (&[("x-forwarded-for", "198.51.100.1, 203.0.113.9")], "203.0.113.9"),
        (&[("x-forwarded-for", "203.0.113.9, 10.1.2.3")], "203.0.113.9"),
        (&[("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "10.1.2.3, 10.0.0.1")], "203.0.113.9"),
        (&[("x-forwarded-for", "203.0.113.9:4711")], "203.0.113.9"),
        (&[("x-forwarded-for", "[2001:db8::1]:4711")], "2001:db8::1"),
        (&[("x-forwarded-for", "2001:db8::ffff")], "2001:db8::1"),
        (&[("x-forwarded-for", "::ffff:203.0.113.9")], "203.0.113.9"),
        // All are proxies: the farthest of them.
        (&[("x-forwarded-for", "10.9.9.9, 10.1.2.3")], "10.9.9.9"),
        // What no proxy of ours wrote ends the way back.
        (&[("x-forwarded-for", "203.0.113.9, nonsense, 10.1.2.3")], "10.1.2.3"),
        (&[], "127.0.0.1"),
        // The other header counts for nothing: this proxy hands it on as it came.
        (&[("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
    ];
    for (headers, address) in rows {
        assert!(counts_for(headers, address, trust).await, "{headers:?} is not {address}");
        assert!(!counts_for(headers, "192.0.2.77", trust).await, "{headers:?} is anybody");
    }
}

#[tokio::test]
async fn forwarded_where_the_operator_says_so() {
    let forwarded = |config: &mut Config| {
        trust(config);
        config.server.forwarded = ForwardedHeaders::Forwarded;
    };
    let rows: [(Headers, &str); 6] = [
        (&[("forwarded", "for=203.0.113.9")], "203.0.113.9"),
        (&[("forwarded", "for=198.51.100.1, For=203.0.113.9;proto=https;by=10.0.0.1")], "203.0.113.9"),
        (&[("forwarded", "for=\"[2001:db8::1]:4711\"")], "2001:db8::1"),
        (&[("forwarded", "for=203.0.113.9"), ("forwarded", "for=10.1.2.3")], "203.0.113.9"),
        (&[("forwarded", "for=_hidden")], "127.0.0.1"),
        (&[("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=203.0.113.9")], "203.0.113.9"),
    ];
    for (headers, address) in rows {
        assert!(counts_for(headers, address, forwarded).await, "{headers:?} is not {address}");
    }
}

#[tokio::test]
async fn nobody_else_is_believed() {
    let nobody = |_: &mut Config| {};
    let another = |config: &mut Config| {
        config.server.trusted_proxies = vec!["192.0.2.0/24".parse().expect("a network")];
    };
    let headers: Headers = &[("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9")];
    assert!(counts_for(headers, "127.0.0.1", nobody).await);
    assert!(counts_for(headers, "127.0.0.1", another).await);
}
