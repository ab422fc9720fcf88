//! Nothing: this package exists for the features of its dependencies.
//!
//! Cargo compiles a dependency once for each set of features that packages request. Tests request
//! more than programs do, so without this package `cargo xtask up` would compile the AWS
//! SDK again after `cargo xtask test`, and the other way round. What is deployed is built by
//! package, and so without them. See `docs/decisions/0019-one-build.md`.
