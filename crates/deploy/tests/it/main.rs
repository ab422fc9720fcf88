//! Deployments, at the wire: the program runs against a server that behaves as
//! AWS does, as far as a deployment can tell.

mod cloud;
mod function;
mod web;
