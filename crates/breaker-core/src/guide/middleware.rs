//! In front of a service: tower, and routes of axum.
//!
//! # tower
//!
//! [`BreakerLayer`](crate::BreakerLayer) puts a breaker in front of any
//! service. Its error is a [`CallError`](crate::CallError) around the
//! service's own. The service behind it is not called, nor waited for, for a
//! request that is refused.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use breaker_core::{Breaker, BreakerLayer, MemoryStore, Outcome, Policy};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = Breaker::new("shipping".parse()?, Policy::default(), MemoryStore::new())?;
//! let classify = |result: &Result<u16, Infallible>| match result {
//!     Ok(500..) => Outcome::Failure,
//!     Ok(_) => Outcome::Success,
//!     Err(never) => match *never {},
//! };
//! let shipping = service_fn(|parcel: u16| async move { Ok(parcel + 1) });
//!
//! let protected = BreakerLayer::new(breaker, classify).layer(shipping);
//! assert_eq!(protected.oneshot(41).await?, 42);
//! # Ok(())
//! # }
//! ```
//!
//! Where requests carry deadlines, [`with_deadlines`](crate::BreakerLayer::with_deadlines) reads them:
//!
//! ```
//! # use breaker_core::{Breaker, BreakerLayer, Clock, Deadline, MemoryStore, Outcome, Policy, SystemClock, Timestamp};
//! # use std::{convert::Infallible, time::Duration};
//! # use tower::{Layer, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! struct Order {
//!     answer_by: Timestamp,
//! }
//!
//! # let breaker = Breaker::new("shipping".parse()?, Policy::default(), MemoryStore::new())?;
//! # let shipping = service_fn(|_: Order| async { Ok::<_, Infallible>("sent") });
//! let deadline_of = |order: &Order| {
//!     let needs = Duration::from_millis(20);
//!     Some(Deadline { at: order.answer_by, needs })
//! };
//! let service = BreakerLayer::new(breaker, Outcome::from_result)
//!     .with_deadlines(deadline_of)
//!     .layer(shipping);
//! let answer_by = SystemClock.now() + Duration::from_secs(2);
//! assert_eq!(service.oneshot(Order { answer_by }).await?, "sent");
//! # Ok(())
//! # }
//! ```
//!
//! # axum
//!
//! In front of routes that all depend on one thing. A refused request becomes
//! a 503 that says when to come back:
//!
//! ```
//! use std::{convert::Infallible, time::Duration};
//!
//! use axum::{
//!     Router,
//!     body::Body,
//!     error_handling::HandleErrorLayer,
//!     http::{Request, StatusCode, header::RETRY_AFTER},
//!     response::{IntoResponse, Response},
//!     routing::get,
//! };
//! use breaker_core::{
//!     Breaker, BreakerLayer, CallError, Clock, MemoryStore, Outcome, Override, OverrideMode,
//!     Policy, SystemClock,
//! };
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! /// What the handlers answer if the warehouse is down is a 5xx; a `Retry-After`
//! /// that it gave goes along.
//! fn classify(result: &Result<Response, Infallible>) -> Outcome {
//!     match result {
//!         Ok(response) if response.status().is_server_error() => {
//!             let retry_after = response.headers().get(RETRY_AFTER);
//!             match retry_after.and_then(|value| value.to_str().ok()?.parse().ok()) {
//!                 Some(seconds) => Outcome::RetryAfter(Duration::from_secs(seconds)),
//!                 None => Outcome::Failure,
//!             }
//!         }
//!         Ok(_) => Outcome::Success,
//!         Err(never) => match *never {},
//!     }
//! }
//!
//! async fn refuse(error: CallError<Infallible>) -> Response {
//!     let wait = match &error {
//!         CallError::Rejected(rejection) => rejection.retry_at.since(SystemClock.now()),
//!         _ => Duration::ZERO,
//!     };
//!     let seconds = wait.as_millis().div_ceil(1_000).to_string();
//!     let headers = [(RETRY_AFTER, seconds)];
//!     (StatusCode::SERVICE_UNAVAILABLE, headers, error.to_string()).into_response()
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = Breaker::new("warehouse".parse()?, Policy::default(), MemoryStore::new())?;
//! let app = Router::new()
//!     .route("/stock", get(|| async { "7" }))
//!     .layer(
//!         ServiceBuilder::new()
//!             .layer(HandleErrorLayer::new(refuse))
//!             .layer(BreakerLayer::new(breaker.clone(), classify)),
//!     );
//!
//! let get = |path| Request::get(path).body(Body::empty());
//! let found = app.clone().oneshot(get("/stock")?).await?;
//! assert_eq!(found.status(), StatusCode::OK);
//!
//! // Held open by an operator; an outage would do the same.
//! let order = Override {
//!     mode: OverrideMode::ForceOpen,
//!     reason: "drill".to_owned(),
//!     actor: "ada".to_owned(),
//!     expires: SystemClock.now() + Duration::from_secs(60),
//! };
//! breaker.place_override(order).await?;
//! let refused = app.clone().oneshot(get("/stock")?).await?;
//! assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
//! assert!(refused.headers().contains_key(RETRY_AFTER));
//! # Ok(())
//! # }
//! ```
