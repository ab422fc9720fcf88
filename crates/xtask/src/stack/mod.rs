//! The local stack: the whole system on loopback, without Docker, root or an AWS
//! account.

pub(crate) mod bring_up;
pub(crate) mod deploy;
pub(crate) mod functions;
pub(crate) mod lifecycle;
mod seed;
pub(crate) mod state;
pub(crate) mod web;

pub(crate) use tooling::servers::{
    kept, migrate, ministack, mysql, ports, postgres, server, valkey,
};
