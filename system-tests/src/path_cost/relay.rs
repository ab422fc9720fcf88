//! Counts the round trips to a server: what stands between it and the functions while they
//! are counted, and never while they are timed.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context, Result};

/// A relay; its threads end with the process.
pub(super) struct Relay {
    pub(super) port: u16,
    trips: Arc<AtomicU64>,
}

impl Relay {
    /// Starts one in front of the server at this port.
    ///
    /// # Errors
    /// When no port can be had.
    pub(super) fn start(port: u16) -> Result<Self> {
        let server = SocketAddr::from(([127, 0, 0, 1], port));
        let listener = TcpListener::bind("127.0.0.1:0").context("a port for a relay")?;
        let port = listener.local_addr()?.port();
        let trips = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&trips);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A connection that fails shows at the function.
                drop(carry(client, server, &counted));
            }
        });
        Ok(Self { port, trips })
    }

    /// How many so far.
    pub(super) fn trips(&self) -> u64 {
        self.trips.load(Ordering::SeqCst)
    }
}

/// A trip begins with the first bytes from the client after bytes from the server, however
/// many commands there are and however they are cut into packets.
fn carry(client: TcpStream, server: SocketAddr, trips: &Arc<AtomicU64>) -> std::io::Result<()> {
    let server = TcpStream::connect(server)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let answered = Arc::new(AtomicBool::new(true));
    let (up, down) = ((client.try_clone()?, server.try_clone()?), (server, client));
    let (trips, asked) = (Arc::clone(trips), Arc::clone(&answered));
    std::thread::spawn(move || {
        copy(up, || {
            if asked.swap(false, Ordering::SeqCst) {
                trips.fetch_add(1, Ordering::SeqCst);
            }
        });
    });
    std::thread::spawn(move || copy(down, || answered.store(true, Ordering::SeqCst)));
    Ok(())
}

fn copy((mut from, mut to): (TcpStream, TcpStream), mut seen: impl FnMut()) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        seen();
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    for stream in [from, to] {
        // Closed already, if the other side was quicker.
        drop(stream.shutdown(Shutdown::Both));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers each line with a line.
    fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut byte = [0];
            while stream.read(&mut byte).unwrap() == 1 {
                if byte == *b"\n" {
                    stream.write_all(b"\n").unwrap();
                }
            }
        });
        port
    }

    #[test]
    fn a_question_in_pieces_is_one_trip_and_the_next_is_another() {
        let relay = Relay::start(echo()).unwrap();
        let mut client = TcpStream::connect(("127.0.0.1", relay.port)).unwrap();
        let mut answer = [0];
        for question in [[b"on".as_slice(), b"e\n"], [b"tw", b"o\n"]] {
            for piece in question {
                client.write_all(piece).unwrap();
            }
            client.read_exact(&mut answer).unwrap();
        }
        assert_eq!(relay.trips(), 2);
    }
}
