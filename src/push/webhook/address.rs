//! Which addresses webhooks may be sent to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::config::Network;

/// The networks inside which an operator lets webhooks go, beside the public internet.
#[derive(Clone, Debug)]
pub(super) struct Allowed(Vec<Network>);

impl Allowed {
    pub(super) fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    /// Whether the operator named a network with this address.
    pub(super) fn names(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// Whether an address belongs to the public internet, and to one machine there. Everything that IANA's
/// registries of special-purpose addresses reserve for other ends does not (RFC 6890 and its updates).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_this_network = a == 0;
    let is_shared = a == 100 && (b & 0b1100_0000) == 64;
    let is_protocol_assignment = (a, b, c) == (192, 0, 0);
    let is_relay = (a, b, c) == (192, 88, 99);
    let is_benchmark = a == 198 && (b & 0b1111_1110) == 18;
    // Class E, and the broadcast address in it.
    let is_reserved = a >= 240;
    !(address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || is_this_network
        || is_shared
        || is_protocol_assignment
        || is_relay
        || is_benchmark
        || is_reserved)
}

/// Global unicast is 2000::/3. Addresses within it that carry an IPv4 address, which a translator or a
/// tunnel would go on to, are as public as that.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64 (RFC 6052), outside 2000::/3, and 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => is_public_v4(embedded(high, low)),
        // Protocol assignments, Teredo among them, and the documentation prefixes.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        [first, ..] => (first & 0xe000) == 0x2000,
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}
