//! The least a function can be that looks into a table before it asks for its first
//! event, as the API function does: one client of AWS's SDK, one read, and hello.

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = Client::new(&lambda_kit::aws::sdk_config().await);
    let name = || AttributeValue::S("hello".to_owned());
    let asked = client.get_item().table_name("circuits");
    let found = asked.key("pk", name()).key("sk", name()).send().await?;
    let found = found.item.is_some();
    run(service_fn(async |_: LambdaEvent<Value>| {
        Ok::<_, Error>(json!({"message": "Hello, world!", "found": found}))
    }))
    .await
}
