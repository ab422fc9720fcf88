//! The emulated DynamoDB keeps the contract of stores, as the real one does.

use std::{collections::HashMap, panic};

use aws_sdk_dynamodb::{Client, config::retry::RetryConfig, types::AttributeValue};
use breaker_core::{DynamoDbStore, store::contract};
use tokio::runtime::Runtime;

use crate::stack::Stack;

type Item = HashMap<String, AttributeValue>;

#[test]
fn the_circuits_table_keeps_the_contract_of_stores() {
    let stack = Stack::running();
    let runtime = Runtime::new().unwrap();
    let client = without_retries(&stack.dynamodb());
    let store = DynamoDbStore::new(client.clone(), stack.circuits_table());
    let trial = runtime.spawn(async move { contract::holds_for(&store).await });
    let ended = runtime.block_on(trial);
    // Other tests count the circuits.
    runtime.block_on(clear_away(&client, stack.circuits_table()));
    if let Err(failed) = ended {
        panic::resume_unwind(failed.into_panic());
    }
}

/// The store wants an answer or none, not a late one.
fn without_retries(client: &Client) -> Client {
    let config = client.config().to_builder();
    Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
}

async fn clear_away(client: &Client, table: &str) {
    let scan = client.scan().table_name(table).into_paginator().items();
    let items: Vec<Item> = scan.send().try_collect().await.unwrap();
    let is_of_the_contract = |item: &Item| {
        let circuit = item["pk"].as_s().unwrap();
        circuit.starts_with("contract-")
    };
    for item in items.into_iter().filter(is_of_the_contract) {
        let delete = client.delete_item().table_name(table);
        let delete = delete.key("pk", item["pk"].clone());
        delete.key("sk", item["sk"].clone()).send().await.unwrap();
    }
}
