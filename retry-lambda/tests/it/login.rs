//! What a connection to the database presents.

use std::sync::Arc;

use aws_config::{Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use lambda_kit::{
    iam::{AuthMode, Grant, Login, Tokens},
    testing::{ManualClock, no_faults},
};
use retry_lambda::database::{Database, DatabaseConfig};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::world::{PATIENCE, START};

#[tokio::test]
async fn a_token_is_presented_as_the_password() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let grant = Grant::Database {
        host: address.ip().to_string(),
        port: address.port(),
        user: "retry".to_owned(),
    };
    let sdk = SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "akid", "secret", None, None, "test",
        )))
        .build();
    let tokens = Tokens::new(&sdk, &grant, Arc::new(ManualClock::at(START))).unwrap();
    let config = DatabaseConfig {
        url: format!("postgres://retry@{address}/items?sslmode=disable")
            .parse()
            .unwrap(),
        auth: AuthMode::Iam,
        limit: PATIENCE,
    };
    let database = Database::new(config, Login::Token(tokens.clone()), no_faults());
    let (outcome, presented) = tokio::join!(
        database.run(Some(PATIENCE), async |_| Ok(())),
        ask_for_password(listener),
    );
    assert!(outcome.is_err(), "the connection was closed");
    assert_eq!(presented, tokens.sign().await.unwrap());
}

/// Plays the server up to the moment at which the client has sent a password in
/// answer to `AuthenticationCleartextPassword`, and hangs up.
async fn ask_for_password(listener: TcpListener) -> String {
    let (mut client, _) = listener.accept().await.unwrap();
    body(&mut client).await;
    client
        .write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3])
        .await
        .unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'p');
    let password = body(&mut client).await;
    String::from_utf8(password).unwrap().replace('\0', "")
}

/// What follows a length that counts itself.
async fn body(client: &mut TcpStream) -> Vec<u8> {
    let length = client.read_u32().await.unwrap() - 4;
    let mut body = vec![0; usize::try_from(length).unwrap()];
    client.read_exact(&mut body).await.unwrap();
    body
}
