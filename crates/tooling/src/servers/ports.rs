//! Free ports on the loopback interface.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, anyhow};

use crate::random;

/// Below the range from which systems take the ports of outgoing connections
/// (32768 and up on Linux, 49152 and up elsewhere). While PostgreSQL is down its
/// port must stay free, and a client that keeps trying to connect to a port of
/// that range ends up, by chance, connected to itself.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// Hands out free ports, no port twice.
#[derive(Debug, Default)]
pub struct Ports {
    given: Mutex<BTreeSet<u16>>,
}

impl Ports {
    /// # Errors
    /// When no port is free.
    pub fn next(&self) -> Result<u16> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let size = RANGE.end - RANGE.start;
        let first = u16::from_ne_bytes(random::bytes()?) % size;
        (0..size)
            .map(|step| RANGE.start + (first + step) % size)
            .find(|port| is_free(*port) && given.insert(*port))
            .ok_or_else(|| anyhow!("no port between {} and {} is free", RANGE.start, RANGE.end))
    }
}

/// Whether the port is free on loopback.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first port that Linux gives to outgoing connections, unless told otherwise.
    const FIRST_OUTGOING: u16 = 32_768;

    #[test]
    fn ports_differ_and_lie_below_those_of_outgoing_connections() {
        let ports = Ports::default();
        let given: BTreeSet<u16> = (0..50).map(|_| ports.next().unwrap()).collect();
        assert_eq!(given.len(), 50);
        assert!(given.iter().all(|port| *port < FIRST_OUTGOING), "{given:?}");
    }

    #[test]
    fn a_port_in_use_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port));
    }
}
