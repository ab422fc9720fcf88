//! The DynamoDB store against an emulator in this process, over real HTTP.

mod busy;
mod foreign;
mod likeness;
mod pages;

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType},
};
use breaker_core::{
    DynamoDbStore, Epoch, StateStore, StoreError,
    store::{Consistency, contract},
};
use dynoxide::Database;
use tokio::net::TcpListener;

use crate::support::name;

const TABLE: &str = "circuits";

fn client_of(listener: &TcpListener) -> Client {
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

async fn emulated_table() -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client_of(&listener);
    let database = Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
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
    contract::holds_for(&DynamoDbStore::new(client, TABLE)).await;
}

#[tokio::test]
async fn a_missing_table_is_a_refusal() {
    let store = DynamoDbStore::new(emulated_table().await, "elsewhere");
    let circuit = name("orders");
    assert!(matches!(
        store.load(&circuit, Consistency::Strong).await,
        Err(StoreError::Refused(_))
    ));
    assert!(matches!(
        store.events(&circuit, Epoch(0), 1).await,
        Err(StoreError::Refused(_))
    ));
}
