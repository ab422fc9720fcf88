//! HTTP in, one visible call path out.
//!
//! [`http`] turns requests into commands and replies into responses. [`path`]
//! is the stack `Fallback(Retry(Breaker(Timeout(Invoke))))` between them; it
//! knows nothing of HTTP. [`faults`] is trouble on request, [`telemetry`]
//! what CloudWatch is told. [`config`] names
//! every environment variable.

pub mod config;
pub mod faults;
pub mod http;
pub mod path;
pub mod telemetry;
