//! What lies in the database, the cache and the circuits' table before anything is measured.

use anyhow::{Context, Result};
use serde_json::json;

use super::Bench;
use super::caller::{Caller, Invocation};
use super::event::{by_operator, event};
use super::fleet::Fleet;
use super::subject::{Request, Subject, draft};
use tooling::servers::migrate::migrate;

/// How many fleets that takes.
pub(super) const FLEETS: usize = 2;

/// Makes the tables and the items, and holds the circuit open in the table that is for it.
/// Answers the items of each caller.
///
/// # Errors
/// When a function does not do as it should.
pub(super) fn furnish(bench: &Bench<'_>) -> Result<Vec<Vec<String>>> {
    let runtime = &bench.surroundings.runtime;
    let mut caller = Caller::connect(runtime)?;
    let raise = |request: Request| {
        let (subject, last) = (Subject::Request(request), bench.versions.len() - 1);
        let plan = bench.plan(subject, last, 1, &bench.surroundings.direct, None);
        Fleet::raise(&plan, bench.next_fleet())
    };
    let fleet = raise(Request::Write)?;
    migrate(&format!("http://{runtime}"), &fleet.behind)?;
    let create = event("POST", "/items", "/items", Some(&draft()));
    let create = Invocation::of(&fleet.function, &create);
    let each = Request::ALL.map(Request::items).into_iter().max();
    let mut item = || {
        let created = caller.body(&create).context("creating an item")?;
        let id = created["data"]["id"].as_str();
        Ok(id.context("a created item has no id")?.to_owned())
    };
    let items = (0..bench.choice.environments)
        .map(|_| (0..each.unwrap_or_default()).map(|_| item()).collect())
        .collect::<Result<_>>()?;
    let fleet = raise(Request::Open)?;
    let order = json!({"mode": "force_open", "reason": "path-cost", "expires_in_s": 86_400});
    let path = "/circuits/retry/override";
    let order = by_operator(event(
        "PUT",
        "/circuits/{name}/override",
        path,
        Some(&order),
    ));
    let order = Invocation::of(&fleet.function, &order);
    caller.body(&order).context("holding a circuit open")?;
    Ok(items)
}
