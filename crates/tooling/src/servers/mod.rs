//! The servers that the local stack, tests and benchmarks run: from wheels, on loopback, without
//! root.

pub mod kept;
pub mod migrate;
pub mod ministack;
pub mod mysql;
pub mod ports;
pub mod postgres;
pub mod server;
pub mod valkey;
