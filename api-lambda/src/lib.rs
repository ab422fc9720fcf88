//! HTTP in, one visible call path out.
//!
//! [`event`] turns events of API Gateway into requests and responses into what API
//! Gateway takes; [`access`] decides who may do what. [`http`] turns requests into commands
//! and replies into responses. [`path`] is the stack
//! `Fallback(Retry(Breaker(Invoke)))` between them; it knows nothing of HTTP. [`faults`] is trouble on request, [`telemetry`]
//! what CloudWatch is told. [`config`] names
//! every environment variable.

pub mod access;
pub mod config;
pub mod event;
pub mod faults;
pub mod http;
pub mod path;
pub mod telemetry;
