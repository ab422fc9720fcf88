//! Scenarios for tests.

use breaker_sim::scenario::{Kind, Scenario};

/// A fleet that goes through an outage of ten seconds.
pub(crate) fn outage(environments: u32, calls_per_second: f64, breaker: Kind) -> Scenario {
    let text = format!(
        "name = \"outage\"\nduration_s = 90\n\
         [fleet]\nenvironments = {environments}\ncalls_per_second = {calls_per_second}\n\
         warm_up_s = 60\n\
         [[dependency]]\nat_s = 0\nfailure_rate = 0.001\n\
         [[dependency]]\nat_s = 10\nfailure_rate = 1.0\n\
         [[dependency]]\nat_s = 20\nfailure_rate = 0.001\n\
         [breaker]\nkind = \"{}\"\n",
        breaker.as_str()
    );
    Scenario::read(&text).unwrap()
}
