//! What the service says when it has too much to do, on the wire.

use aws_sdk_dynamodb::Client;
use breaker_core::{
    Cause, Change, DynamoDbStore, Epoch, Record, StateStore, StoreError,
    protocol::{OnBehalf, Phase},
    store::Consistency,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{TABLE, client_of};
use crate::support::{START, failures, name};

/// A service that gives every request the same answer.
async fn that_says(status: u16, body: String) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client_of(&listener);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            answer(stream, status, &body).await;
        }
    });
    client
}

async fn answer(mut stream: TcpStream, status: u16, body: &str) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        if stream.read_buf(&mut request).await.unwrap() == 0 {
            return;
        }
    }
    let head = format!(
        "HTTP/1.1 {status} Told\r\ncontent-type: application/x-amz-json-1.0\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let length = lines
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .find_map(|(_, length)| length.parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}

fn error(kind: &str) -> String {
    format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}","message":"told"}}"#)
}

fn canceled(code: &str) -> String {
    format!(
        r#"{{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message":"told","CancellationReasons":[{{"Code":"{code}"}},{{"Code":"None"}}]}}"#
    )
}

fn open() -> Change {
    Change::Transition {
        to: Phase::Open {
            since: START,
            opened: START,
            until: START,
            reopens: 0,
            doubt: 0,
        },
        cause: Cause::ProbeFailed,
        on_behalf: OnBehalf::Fleet,
    }
}

/// What each operation makes of the same answer.
async fn operations(status: u16, body: &str) -> Vec<StoreError> {
    let store = DynamoDbStore::new(that_says(status, body.to_owned()).await, TABLE);
    let (circuit, fresh) = (name("orders"), Record::default());
    let apply = async |change: Change| store.apply(&circuit, &fresh, &change, START).await;
    vec![
        store.load(&circuit, Consistency::Strong).await.unwrap_err(),
        store.events(&circuit, Epoch(0), 1).await.unwrap_err(),
        apply(failures(START, 1)).await.unwrap_err(),
        apply(open()).await.unwrap_err(),
    ]
}

#[tokio::test]
async fn a_store_that_has_too_much_to_do_is_told_from_one_that_refuses() {
    for kind in [
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
    ] {
        for found in operations(400, &error(kind)).await {
            assert_eq!(found, StoreError::Throttled, "{kind}");
        }
    }
    for found in operations(400, &error("AccessDeniedException")).await {
        let told = matches!(&found, StoreError::Refused(why) if why == "AccessDeniedException");
        assert!(told, "{found:?}");
    }
    for found in operations(500, &error("InternalServerError")).await {
        assert!(matches!(found, StoreError::NoAnswer(_)), "{found:?}");
    }
}

#[tokio::test]
async fn a_transaction_is_canceled_for_the_same_reasons() {
    for (code, expected) in [
        ("ThrottlingError", StoreError::Throttled),
        ("ProvisionedThroughputExceeded", StoreError::Throttled),
        ("TransactionConflict", StoreError::Contended),
        (
            "ValidationError",
            StoreError::Refused("ValidationError, None".to_owned()),
        ),
    ] {
        let found = operations(400, &canceled(code)).await.pop();
        assert_eq!(found, Some(expected));
    }
}
