//! The least a function can be: it says hello. `cargo xtask cold-start` measures the
//! others' starts against its own.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |_: LambdaEvent<Value>| {
        Ok::<_, Error>(json!({"message": "Hello, world!"}))
    }))
    .await
}
