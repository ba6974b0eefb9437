//! What proxies tell of their clients, and whose word counts.
//!
//! A trusted proxy is believed whom it speaks for; of that client, if it is a trusted proxy itself, the same holds.
//! What untrusted ones send is taken away before a handler reads it, so past this point the `X-Forwarded-` headers
//! are true.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header, uri::Authority};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::listener::Peer;
use crate::{
    config::{ForwardedHeaders, Server},
    request::{HOST, PREFIX, PROTO},
};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What a request's headers say of how it came, in the order in which proxies added to them.
#[derive(Debug, Default)]
struct Told {
    /// Each client, as the proxy next to it saw it; nothing where that is no address.
    clients: Vec<Option<IpAddr>>,
    proto: Option<HeaderValue>,
    host: Option<HeaderValue>,
    prefix: Option<HeaderValue>,
}

impl Peer {
    /// Whether a peer's word on its clients counts.
    pub(super) fn is_trusted(self, server: &Server) -> bool {
        match self {
            Self::Local => true,
            Self::Address(address) => is_trusted(address.ip(), server),
        }
    }

    /// The address of a peer; a program of this machine has that of this machine.
    pub(super) fn ip(self) -> IpAddr {
        match self {
            Self::Local => Ipv4Addr::LOCALHOST.into(),
            Self::Address(address) => address.ip().to_canonical(),
        }
    }
}

fn is_trusted(address: IpAddr, server: &Server) -> bool {
    server.trusted_proxies.iter().any(|network| network.contains(address))
}

/// Whom a request comes from. What its headers say beyond what can be believed is removed.
pub(super) fn client(peer: Peer, headers: &mut HeaderMap, server: &Server) -> IpAddr {
    if !peer.is_trusted(server) {
        take(headers);
        return peer.ip();
    }
    let told = match server.forwarded {
        ForwardedHeaders::XForwarded => told_apart(headers),
        ForwardedHeaders::Forwarded => told_together(headers),
    };
    take(headers);
    for (name, value) in [(PROTO, told.proto), (HOST, told.host), (PREFIX, told.prefix)] {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
    nearest_stranger(peer.ip(), &told.clients, server)
}

fn take(headers: &mut HeaderMap) {
    let told = [FOR, PROTO, HOST, PREFIX, header::FORWARDED];
    // Most requests have none of them.
    if headers.keys().any(|name| told.contains(name)) {
        for name in told {
            headers.remove(name);
        }
    }
}

/// The rightmost client that is no trusted proxy. Where a proxy names none, it is the proxy itself.
fn nearest_stranger(peer: IpAddr, clients: &[Option<IpAddr>], server: &Server) -> IpAddr {
    let mut nearest = peer;
    for client in clients.iter().rev() {
        let Some(client) = client else { break };
        nearest = *client;
        if !is_trusted(nearest, server) {
            break;
        }
    }
    nearest
}

/// What `X-Forwarded-For` and the headers beside it say.
fn told_apart(headers: &HeaderMap) -> Told {
    let clients = list(headers, &FOR).map(address).collect();
    let last =
        |name: &HeaderName| list(headers, name).last().and_then(|text| HeaderValue::from_str(text).ok());
    Told {
        clients,
        proto: last(&PROTO).filter(is_scheme),
        host: last(&HOST).filter(is_host),
        prefix: last(&PREFIX).filter(is_prefix),
    }
}

/// What `Forwarded` says (RFC 7239).
fn told_together(headers: &HeaderMap) -> Told {
    let mut told = Told::default();
    for hop in list(headers, &header::FORWARDED) {
        let mut client = None;
        for (name, value) in hop.split(';').filter_map(|pair| pair.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => client = address(value),
                "proto" => told.proto = HeaderValue::from_str(value).ok().filter(is_scheme),
                "host" => told.host = HeaderValue::from_str(value).ok().filter(is_host),
                _ => {}
            }
        }
        told.clients.push(client);
    }
    let prefix = list(headers, &PREFIX).last().and_then(|text| HeaderValue::from_str(text).ok());
    told.prefix = prefix.filter(is_prefix);
    told
}

/// The items of a header that is a list, over all its lines.
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// An address as proxies write it: bare, with a port, and of IPv6 in brackets or not.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}

fn is_scheme(value: &HeaderValue) -> bool {
    value == "http" || value == "https"
}

/// The highest port, as it stands behind a host.
const HIGHEST_PORT: &[u8] = b":65535";

/// Whether a value names a host, and nothing else but a port.
pub(super) fn is_host(value: &HeaderValue) -> bool {
    is_plain_host(value.as_bytes()) || is_authority(value)
}

/// Whether it is a name or an IPv4 address, with or without a port, as nearly all are.
fn is_plain_host(value: &[u8]) -> bool {
    let end = value.iter().position(|byte| *byte == b':').unwrap_or(value.len());
    let (host, port) = value.split_at(end);
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'.' || *byte == b'-';
    (1..=255).contains(&host.len())
        && host.iter().all(is_of_name)
        && (port.len() < HIGHEST_PORT.len() || port.len() == HIGHEST_PORT.len() && port <= HIGHEST_PORT)
        && port.iter().skip(1).all(u8::is_ascii_digit)
}

fn is_authority(value: &HeaderValue) -> bool {
    Authority::try_from(value.as_bytes()).is_ok_and(|authority| {
        let host = authority.host();
        let port = authority.as_str().strip_prefix(host);
        let is_port = |port: &str| port.len() <= 1 || authority.port_u16().is_some();
        !host.is_empty() && port.is_some_and(is_port)
    })
}

fn is_prefix(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&()*+,;=:@".contains(byte);
    bytes.starts_with(b"/") && !bytes.starts_with(b"//") && bytes.iter().all(is_plain)
}

/// The first bytes of version 2 of the PROXY protocol.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// The longest head of version 1, with its line end.
const LONGEST_LINE: usize = 107;

/// Reads the head with which the PROXY protocol opens a connection, of either version: whom the proxy speaks for.
/// For itself, if it says so. Source: <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>.
pub(super) async fn read_head(stream: &mut (impl AsyncRead + Unpin), proxy: Peer) -> io::Result<Peer> {
    let mut head = vec![0; SIGNATURE.len()];
    stream.read_exact(&mut head).await?;
    if head == SIGNATURE {
        read_binary(stream, &mut head).await?;
    } else {
        read_line(stream, &mut head).await?;
    }
    Ok(source(&head)?.map_or(proxy, Peer::Address))
}

async fn read_binary(stream: &mut (impl AsyncRead + Unpin), head: &mut Vec<u8>) -> io::Result<()> {
    let mut rest = [0; 4];
    stream.read_exact(&mut rest).await?;
    head.extend(rest);
    let length = u16::from_be_bytes([rest[2], rest[3]]);
    let start = head.len();
    head.resize(start + usize::from(length), 0);
    stream.read_exact(&mut head[start..]).await?;
    Ok(())
}

/// A byte at a time: what follows is not ours to take.
async fn read_line(stream: &mut (impl AsyncRead + Unpin), head: &mut Vec<u8>) -> io::Result<()> {
    while !head.ends_with(b"\r\n") {
        if head.len() >= LONGEST_LINE || !head.starts_with(b"PROXY ") {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(stream.read_u8().await?);
    }
    Ok(())
}

/// Whom a head speaks for, unless the proxy speaks for itself.
fn source(head: &[u8]) -> io::Result<Option<SocketAddr>> {
    use ppp::{HeaderResult, v1, v2};
    match HeaderResult::parse(head) {
        HeaderResult::V1(Ok(head)) => Ok(match head.addresses {
            v1::Addresses::Tcp4(tcp) => Some((tcp.source_address, tcp.source_port).into()),
            v1::Addresses::Tcp6(tcp) => Some((tcp.source_address, tcp.source_port).into()),
            v1::Addresses::Unknown => None,
        }),
        HeaderResult::V2(Ok(head)) => Ok(match (head.command, head.addresses) {
            (v2::Command::Proxy, v2::Addresses::IPv4(ip)) => Some((ip.source_address, ip.source_port).into()),
            (v2::Command::Proxy, v2::Addresses::IPv6(ip)) => Some((ip.source_address, ip.source_port).into()),
            _ => None,
        }),
        HeaderResult::V1(Err(_)) | HeaderResult::V2(Err(_)) => Err(io::ErrorKind::InvalidData.into()),
    }
}
