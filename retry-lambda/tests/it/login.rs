//! What a connection to the database presents.

use std::{net::SocketAddr, num::NonZeroU8, sync::Arc, time::Duration};

use aws_config::{Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use contract::Item;
use lambda_kit::{
    iam::{AuthMode, Grant, Login, Tokens},
    testing::{ManualClock, Opening, TlsFront, no_faults},
};
use retry_lambda::{
    database::{DatabaseConfig, DatabaseError},
    repository::{self, Repository},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use crate::{
    engine::Engine,
    world::{START, TIMEOUTS},
};

/// As RDS has it: over TLS, and a token that is out of date is refused.
#[tokio::test]
async fn each_connection_to_postgresql_presents_a_token_of_its_own_over_tls() {
    let Some(url) = Engine::Postgres.create_database().await else {
        return;
    };
    let (server, database) = address_of(&url);
    let front = TlsFront::to(server, Opening::SslRequest).await;
    let clock = Arc::new(ManualClock::at(START));
    let user = format!("{database}_user");
    let tokens = tokens_for(front.address, &user, &clock);
    let first = tokens.sign().await.unwrap();
    let mut owner = Engine::Postgres.connect(&url).await;
    owner
        .execute(&format!("CREATE ROLE {user} LOGIN PASSWORD '{first}'"))
        .await;

    let certificate = front.certificate_in(env!("CARGO_TARGET_TMPDIR"));
    let trusting = format!(
        "postgres://{user}@{}/{database}?sslmode=verify-full&sslrootcert={}",
        front.address,
        certificate.display()
    );
    let items = repository_at(&trusting, Login::Token(tokens.clone()), &clock);
    refused_by_the_database(items.get(Uuid::nil(), Some(TIMEOUTS)).await);

    // The first token is worth nothing any more, and the connection it opened
    // is gone.
    clock.advance(Duration::from_mins(16));
    let second = tokens.sign().await.unwrap();
    assert_ne!(first, second);
    owner
        .execute(&format!("ALTER ROLE {user} PASSWORD '{second}'"))
        .await;
    owner.end_all_others().await;
    refused_by_the_database(items.get(Uuid::nil(), Some(TIMEOUTS)).await);

    // Nobody vouches for the server here, so it learns nothing.
    let wary = format!(
        "postgres://{user}@{}/{database}?sslmode=verify-full",
        front.address
    );
    let items = repository_at(&wary, Login::Token(tokens), &clock);
    let error = items.get(Uuid::nil(), Some(TIMEOUTS)).await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    std::fs::remove_file(certificate).unwrap();
}

/// Who gets as far as to miss the table has logged in.
fn refused_by_the_database(outcome: Result<Option<Item>, DatabaseError>) {
    let error = outcome.unwrap_err().to_string();
    assert_eq!(error, "database refused: SQLSTATE 42P01");
}

/// `host:port` and database.
fn address_of(url: &str) -> (&str, &str) {
    let (_, address) = url.rsplit_once('@').unwrap();
    address.split_once('/').unwrap()
}

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
    let clock = Arc::new(ManualClock::at(START));
    tokens_for(listener.local_addr().unwrap(), "retry", &clock)
}

fn tokens_for(address: SocketAddr, user: &str, clock: &Arc<ManualClock>) -> Tokens {
    let grant = Grant::Database {
        host: address.ip().to_string(),
        port: address.port(),
        user: user.to_owned(),
    };
    let sdk = SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "akid", "secret", None, None, "test",
        )))
        .build();
    Tokens::new(&sdk, &grant, Arc::clone(clock) as _).unwrap()
}

fn mysql_at(listener: &TcpListener) -> String {
    let address = listener.local_addr().unwrap();
    format!("mysql://retry:secret@{address}/items?ssl-mode=DISABLED")
}

/// Asks the database anything, which takes a connection.
async fn log_in(url: &str, login: Login) -> Result<(), DatabaseError> {
    let database = repository_at(url, login, &Arc::new(ManualClock::at(START)));
    database.get(Uuid::nil(), Some(TIMEOUTS)).await.map(drop)
}

fn repository_at(url: &str, login: Login, clock: &Arc<ManualClock>) -> Box<dyn Repository> {
    let config = DatabaseConfig {
        url: url.parse().unwrap(),
        auth: AuthMode::Password,
        limit: TIMEOUTS,
        connections: NonZeroU8::MIN,
    };
    repository::open(config, login, no_faults(), Arc::clone(clock) as _)
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
