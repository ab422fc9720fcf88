//! The local stack: the whole system on loopback, without Docker, root or an AWS
//! account.

pub(crate) mod bring_up;
pub(crate) mod deploy;
pub(crate) mod functions;
pub(crate) mod lifecycle;
mod migrate;
mod ministack;
pub(crate) mod mysql;
pub(crate) mod ports;
pub(crate) mod postgres;
mod seed;
pub(crate) mod server;
pub(crate) mod state;
pub(crate) mod valkey;
pub(crate) mod web;
