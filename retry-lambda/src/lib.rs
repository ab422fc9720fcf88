//! Normal operation: items live in a database, and the cache is kept aside.
//!
//! A read asks the cache first, then the database, then leaves what it found in
//! the cache. A write goes to the database, exactly once for each idempotency
//! key, and then to the cache. When the database fails, a read is handed to the
//! Fallback Lambda, and a write is answered with what is wrong.
//!
//! * [`handler`] decides who answers an event.
//! * [`cache_aside`] reads and writes items through the cache.
//! * [`repository`] holds the items, in PostgreSQL, MySQL or MariaDB.
//! * [`database`] says where that is, and tells trouble from defects.
//! * [`call`] is what is known of a request while it is answered.
//! * [`commit`] says whether a write without an outcome may have been done.
//! * [`budget`] divides the time before a deadline among the steps.
//! * [`config`] is what the environment variables say.

pub mod budget;
pub mod cache_aside;
pub mod call;
pub mod commit;
pub mod config;
pub mod database;
pub mod handler;
pub mod repository;
