//! TLS in front of a server that has none, as the servers of the tests.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivateKeyDer},
};

/// What a client says before it begins with TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Nothing, as to Valkey.
    None,
    /// PostgreSQL's `SSLRequest`, which is answered with `S`.
    SslRequest,
}

/// Ends TLS and passes on what was said under it. Its certificate is its own,
/// made anew, and for its own address.
#[derive(Debug)]
pub struct TlsFront {
    /// Where it listens.
    pub address: SocketAddr,
    /// The certificate, which vouches for itself, in PEM.
    pub certificate: String,
}

impl TlsFront {
    /// A front of the server at `target`, `host:port`.
    ///
    /// # Panics
    ///
    /// If there is no free port on the loopback interface.
    pub async fn to(target: &str, opening: Opening) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([address.ip().to_string()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let target = target.to_owned();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, opening, acceptor.clone(), target.clone()));
            }
        });
        Self {
            address,
            certificate: cert.pem(),
        }
    }

    /// The certificate in a file of its own below `folder`.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn certificate_in(&self, folder: &str) -> PathBuf {
        let name = format!("{}-{}.pem", std::process::id(), self.address.port());
        let file = PathBuf::from(folder).join(name);
        std::fs::write(&file, &self.certificate).unwrap();
        file
    }
}

/// A client that does not trust us hangs up; how it ended is for the two ends to
/// judge.
async fn pass_on(mut client: TcpStream, opening: Opening, acceptor: TlsAcceptor, target: String) {
    if opening == Opening::SslRequest {
        let mut request = [0; 8];
        client.read_exact(&mut request).await.unwrap();
        assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47], "an SSLRequest");
        client.write_all(b"S").await.unwrap();
    }
    if let Ok(mut client) = acceptor.accept(client).await {
        let mut server = TcpStream::connect(target).await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}
