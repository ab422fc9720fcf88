//! The least that a function behind an HTTP API can be. `cargo xtask path-cost`
//! measures the API function's own time against its own.

use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |_: Request| {
        let response = Response::builder().header("content-type", "application/json");
        let body = Body::from(r#"{"message":"Hello, world!"}"#);
        Ok::<_, Error>(response.body(body)?)
    }))
    .await
}
