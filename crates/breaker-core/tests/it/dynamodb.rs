//! The DynamoDB store against an emulator in this process, over real HTTP.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
        ScalarAttributeType,
    },
};
use breaker_core::{
    Cause, Change, DynamoDbStore, Epoch, Record, StateStore, StoreError,
    protocol::{OnBehalf, Phase},
    store::Reading,
};
use dynoxide::Database;
use tokio::net::TcpListener;

use crate::{
    store_contract,
    support::{START, failures, name},
};

const TABLE: &str = "circuits";

async fn emulated_table() -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let database = Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .build();
    let client = Client::from_conf(config);
    let key = |name: &str, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .unwrap()
    };
    let text = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .attribute_definitions(text("pk"))
        .attribute_definitions(text("sk"))
        .send()
        .await
        .unwrap();
    client
}

#[tokio::test]
async fn the_dynamodb_store_keeps_the_contract() {
    let client = emulated_table().await;
    store_contract::holds_for(&DynamoDbStore::new(client, TABLE)).await;
}

/// Writes one count, then spoils one attribute of the item.
async fn spoiled(attribute: &str, value: AttributeValue) -> (DynamoDbStore, Client) {
    let client = emulated_table().await;
    let store = DynamoDbStore::new(client.clone(), TABLE);
    let (circuit, fresh) = (name("orders"), Record::default());
    store
        .apply(&circuit, &fresh, &failures(START, 1), START)
        .await
        .unwrap();
    client
        .update_item()
        .table_name(TABLE)
        .key("pk", AttributeValue::S("orders".to_owned()))
        .key("sk", AttributeValue::S("state".to_owned()))
        .update_expression("SET #name = :value")
        .expression_attribute_names("#name", attribute)
        .expression_attribute_values(":value", value)
        .send()
        .await
        .unwrap();
    (store, client)
}

async fn item(client: &Client) -> HashMap<String, AttributeValue> {
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let request = client.get_item().table_name(TABLE).key("pk", key("orders"));
    request
        .key("sk", key("state"))
        .send()
        .await
        .unwrap()
        .item
        .unwrap()
}

#[tokio::test]
async fn an_unknown_phase_is_an_error_and_never_read_as_closed() {
    let (store, _) = spoiled("phase", AttributeValue::S("ajar".to_owned())).await;
    let found = store.load(&name("orders"), Reading::Latest).await;
    assert!(
        matches!(&found, Err(StoreError::Unreadable(why)) if why.contains("ajar")),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_record_of_a_future_schema_is_reported_and_survives() {
    let (store, client) = spoiled("v", AttributeValue::N("2".to_owned())).await;
    let before = item(&client).await;
    let found = store.load(&name("orders"), Reading::Latest).await;
    assert!(matches!(&found, Err(StoreError::Unreadable(why)) if why.contains("schema 2")));
    let (circuit, old) = (name("orders"), Record::default());
    let open = Change::Transition {
        to: Phase::Open {
            since: START,
            until: START,
            reopens: 0,
        },
        cause: Cause::ConsecutiveFailures { failures: 5 },
        on_behalf: OnBehalf::Fleet,
    };
    for change in [failures(START, 1), open] {
        let refused = store.apply(&circuit, &old, &change, START).await;
        assert!(
            matches!(refused, Err(StoreError::Unreadable(_))),
            "{refused:?}"
        );
    }
    assert_eq!(item(&client).await, before);
}

#[tokio::test]
async fn a_malformed_attribute_is_named() {
    let (store, _) = spoiled("epoch", AttributeValue::S("one".to_owned())).await;
    let found = store.load(&name("orders"), Reading::Latest).await;
    assert!(matches!(&found, Err(StoreError::Unreadable(why)) if why.contains("epoch")));
}

#[tokio::test]
async fn a_missing_table_is_a_refusal() {
    let store = DynamoDbStore::new(emulated_table().await, "elsewhere");
    let circuit = name("orders");
    assert!(matches!(
        store.load(&circuit, Reading::Latest).await,
        Err(StoreError::Refused(_))
    ));
    assert!(matches!(
        store.events(&circuit, Epoch(0), 1).await,
        Err(StoreError::Refused(_))
    ));
}
