//! What a connection to the database presents.

use std::sync::Arc;

use aws_config::{Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use lambda_kit::{
    iam::{AuthMode, Grant, Login, Tokens},
    testing::{ManualClock, no_faults},
};
use retry_lambda::{
    database::{DatabaseConfig, DatabaseError},
    repository,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use crate::world::{PATIENCE, START};

#[tokio::test]
async fn postgresql_is_told_a_token_as_the_password() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tokens = tokens(&listener);
    let url = format!(
        "postgres://retry@{}/items?sslmode=disable",
        listener.local_addr().unwrap()
    );
    let (outcome, presented) = tokio::join!(
        log_in(&url, Login::Token(tokens.clone())),
        ask_for_password(listener),
    );
    assert!(outcome.is_err(), "the connection was closed");
    assert_eq!(presented, tokens.sign().await.unwrap());
}

#[tokio::test]
async fn mysql_is_told_a_token_in_the_clear() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tokens = tokens(&listener);
    let url = mysql_at(&listener);
    let (outcome, presented) = tokio::join!(
        log_in(&url, Login::Token(tokens.clone())),
        ask_for_clear_password(listener),
    );
    assert!(outcome.is_err(), "the connection was closed");
    assert_eq!(presented, Some(tokens.sign().await.unwrap()));
}

#[tokio::test]
async fn mysql_is_never_told_a_password_in_the_clear() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = mysql_at(&listener);
    let (outcome, presented) =
        tokio::join!(log_in(&url, Login::OfUrl), ask_for_clear_password(listener));
    assert!(outcome.is_err(), "what was asked for was refused");
    assert_eq!(presented, None);
}

fn tokens(listener: &TcpListener) -> Tokens {
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
    Tokens::new(&sdk, &grant, Arc::new(ManualClock::at(START))).unwrap()
}

fn mysql_at(listener: &TcpListener) -> String {
    let address = listener.local_addr().unwrap();
    format!("mysql://retry:secret@{address}/items?ssl-mode=DISABLED")
}

/// Asks the database anything, which takes a connection.
async fn log_in(url: &str, login: Login) -> Result<(), DatabaseError> {
    let config = DatabaseConfig {
        url: url.parse().unwrap(),
        auth: AuthMode::Password,
        limit: PATIENCE,
    };
    let database = repository::open(config, login, no_faults(), Arc::new(ManualClock::at(START)));
    database.get(Uuid::nil(), Some(PATIENCE)).await.map(drop)
}

/// Plays PostgreSQL up to the moment at which the client has sent a password in
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

/// Plays MySQL up to the moment at which it has asked the client to switch to
/// `mysql_clear_password`, as RDS does, and hangs up after the answer.
async fn ask_for_clear_password(listener: TcpListener) -> Option<String> {
    // The protocol of version 4.1, a database at once, authentication plugins.
    const CAPABILITIES: u32 = 0x0008_0000 | 0x8000 | 0x0200 | 0x0008;
    let [low, more, high, highest] = CAPABILITIES.to_le_bytes();
    let greeting = [
        b"\x0a8.0.40\0\x01\0\0\0nonceonc\0".as_slice(),
        &[low, more, 45, 2, 0, high, highest, 21],
        &[0; 10],
        b"enonceonceno\0mysql_native_password\0",
    ];
    let (mut client, _) = listener.accept().await.unwrap();
    send(&mut client, 0, &greeting.concat()).await;
    packet(&mut client).await.unwrap();
    send(&mut client, 2, b"\xfemysql_clear_password\0").await;
    let password = packet(&mut client).await?;
    Some(String::from_utf8(password).unwrap().replace('\0', ""))
}

async fn send(client: &mut TcpStream, sequence: u8, payload: &[u8]) {
    let length = u8::try_from(payload.len()).unwrap();
    let head = [length, 0, 0, sequence];
    client.write_all(&[&head, payload].concat()).await.unwrap();
}

/// What the client says; `None` if it hung up.
async fn packet(client: &mut TcpStream) -> Option<Vec<u8>> {
    let head = client.read_u32_le().await.ok()?;
    let length = usize::try_from(head & 0x00ff_ffff).unwrap();
    let mut payload = vec![0; length];
    client.read_exact(&mut payload).await.unwrap();
    Some(payload)
}
