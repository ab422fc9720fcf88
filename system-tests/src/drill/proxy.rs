//! Stands between the Retry Lambda and PostgreSQL, and cuts connections at the
//! worst moment: when the server has committed and says so.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use anyhow::{Context, Result};

/// How `sqlx` ends a transaction: a simple query.
const COMMIT: &[u8] = b"COMMIT\0";

/// The proxy; its threads end with the process.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: SocketAddr,
    /// How many in a thousand commits lose their answer.
    cuts_per_mille: AtomicU32,
    cuts: AtomicUsize,
    draws: std::sync::Mutex<fastrand::Rng>,
}

impl Proxy {
    /// Starts a proxy in front of `server`.
    ///
    /// # Errors
    /// When no port can be had.
    pub(crate) fn start(server: SocketAddr, seed: u64) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("a port for the proxy")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            server,
            cuts_per_mille: AtomicU32::new(0),
            cuts: AtomicUsize::new(0),
            draws: std::sync::Mutex::new(fastrand::Rng::with_seed(seed)),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || shared.carry(&client));
            }
        });
        Ok(Self { port, shared })
    }

    /// From now on so many in a thousand commits lose their answer.
    pub(crate) fn cut(&self, per_mille: u32) {
        self.shared
            .cuts_per_mille
            .store(per_mille, Ordering::Relaxed);
    }

    /// How many connections were cut between commit and answer.
    pub(crate) fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Shared {
    /// Carries bytes both ways until either side ends. A server that is not
    /// there looks as it would without a proxy: the connection ends.
    fn carry(&self, client: &TcpStream) {
        let Ok(server) = TcpStream::connect(self.server) else {
            let _ = client.shutdown(Shutdown::Both);
            return;
        };
        let committing = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                pump(client, &server, |bytes| {
                    if bytes.windows(COMMIT.len()).any(|part| part == COMMIT) {
                        committing.store(true, Ordering::SeqCst);
                    }
                    true
                });
            });
            pump(&server, client, |_| {
                let committed = committing.swap(false, Ordering::SeqCst);
                !(committed && self.draws_a_cut())
            });
        });
    }

    fn draws_a_cut(&self) -> bool {
        let per_mille = self.cuts_per_mille.load(Ordering::Relaxed);
        let drawn = self
            .draws
            .lock()
            .is_ok_and(|mut draws| draws.u32(0..1_000) < per_mille);
        if drawn {
            self.cuts.fetch_add(1, Ordering::Relaxed);
        }
        drawn
    }
}

/// Passes bytes on for as long as `may_pass` agrees, then ends both connections.
fn pump(mut from: &TcpStream, mut to: &TcpStream, may_pass: impl Fn(&[u8]) -> bool) {
    let mut buffer = [0; 16 * 1_024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let bytes = buffer.get(..count).unwrap_or_default();
        if !may_pass(bytes) || to.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers each message with `done`, for one client.
    fn server() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut buffer = [0; 64];
            while let Ok(1..) = client.read(&mut buffer) {
                if client.write_all(b"done").is_err() {
                    break;
                }
            }
        });
        address
    }

    fn ask(client: &mut TcpStream, message: &[u8]) -> Option<[u8; 4]> {
        client.write_all(message).ok()?;
        let mut answer = [0; 4];
        client.read_exact(&mut answer).ok().map(|()| answer)
    }

    #[test]
    fn only_the_answer_to_a_commit_is_ever_cut_off() {
        let proxy = Proxy::start(server(), 1).unwrap();
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
        assert_eq!(
            ask(&mut client, b"Q\0\0\0\x0bCOMMIT\0"),
            Some(*b"done"),
            "not told to cut"
        );
        proxy.cut(1_000);
        assert_eq!(ask(&mut client, b"Q\0\0\0\x0aBEGIN\0"), Some(*b"done"));
        assert_eq!(ask(&mut client, b"Q\0\0\0\x0bCOMMIT\0"), None);
        assert_eq!(proxy.cuts(), 1);
    }

    #[test]
    fn a_server_that_is_gone_ends_the_connection() {
        let nobody = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let proxy = Proxy::start(nobody, 1).unwrap();
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
        assert_eq!(ask(&mut client, b"hello"), None);
    }
}
