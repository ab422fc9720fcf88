//! The least that a function behind an HTTP API can be that has another one answer, as
//! the API function does: one client of AWS's SDK, one invocation, and its reply.

use std::time::Duration;

use aws_sdk_lambda::Client;
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use lambda_kit::{aws, function::Function};
use serde_json::{Value, json};

/// Far more than the other one takes.
const LIMIT: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = Client::new(&aws::sdk_config().await);
    let name = std::env::var("RETRY_FUNCTION_NAME")?;
    let other = &Function::new(client, name);
    run(service_fn(async move |_: Request| {
        let reply: Value = other.invoke(&json!({}), LIMIT).await?;
        let response = Response::builder().header("content-type", "application/json");
        Ok::<_, Error>(response.body(Body::from(reply.to_string()))?)
    }))
    .await
}
