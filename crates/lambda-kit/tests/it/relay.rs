//! A network path between a test and a real server, which the test can break.

use std::sync::{Arc, Mutex};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Passes connections on to a server.
pub(crate) struct Relay {
    /// The server's address, by way of this relay.
    pub(crate) url: String,
    connections: Arc<Mutex<Vec<Connection>>>,
}

struct Connection {
    /// Keeps the client's end open while nobody listens to it.
    held: std::net::TcpStream,
    traffic: JoinHandle<()>,
}

impl Relay {
    /// A relay to the server at `url`, `scheme://host:port`.
    pub(crate) async fn to(url: &str) -> Self {
        let (scheme, target) = url.split_once("://").unwrap();
        let target = target.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let connections = Arc::new(Mutex::new(Vec::new()));
        let known = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let client = client.into_std().unwrap();
                let held = client.try_clone().unwrap();
                let traffic = tokio::spawn(pass_on(client, target.clone()));
                known.lock().unwrap().push(Connection { held, traffic });
            }
        });
        Self { url, connections }
    }

    /// How many connections there have been since the last cut.
    pub(crate) fn connections(&self) -> usize {
        self.connections.lock().unwrap().len()
    }

    /// Breaks every connection there is; new ones work.
    pub(crate) fn cut(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            connection.traffic.abort();
            let _ = connection.held.shutdown(std::net::Shutdown::Both);
        }
    }

    /// Passes nothing on any more over the connections there are, without
    /// closing them, as after a long freeze; new ones work.
    pub(crate) fn silence(&self) {
        for connection in self.connections.lock().unwrap().iter() {
            connection.traffic.abort();
        }
    }
}

async fn pass_on(client: std::net::TcpStream, target: String) {
    let mut client = TcpStream::from_std(client).unwrap();
    let mut server = TcpStream::connect(target).await.unwrap();
    // How the traffic ended is for the two ends to judge.
    let _ = copy_bidirectional(&mut client, &mut server).await;
}
