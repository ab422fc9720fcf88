//! The local stack: the whole system on loopback, without Docker, root or an AWS
//! account.

pub(crate) mod bring_up;
pub(crate) mod deploy;
pub(crate) mod functions;
pub(crate) mod lifecycle;
mod migrate;
mod ministack;
mod ports;
mod postgres;
mod seed;
pub(crate) mod server;
pub(crate) mod state;
mod valkey;
pub(crate) mod web;
