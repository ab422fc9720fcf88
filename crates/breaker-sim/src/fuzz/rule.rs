//! What must hold, and the report that something did not.

use std::fmt;

use serde::Serialize;

/// Declares each rule once: its name, its number in the specification, what
/// it says.
macro_rules! declare_rules {
    ($(#[doc = $text:literal] $name:ident = $number:literal;)+) => {
        /// What must hold.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Rule {
            $(#[doc = $text] $name,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its number: safety or liveness.
            pub fn number(self) -> &'static str {
                match self {
                    $(Self::$name => $number,)+
                }
            }

            /// What it says.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text.trim_ascii(),)+
                }
            }
        }
    };
}

declare_rules! {
    /// Epochs rise by one, by a transition or an override that knew the epoch.
    Epochs = "S1";
    /// A transition leads where its state may go, when it may, for as long as it may.
    Transitions = "S1";
    /// What was decided in an epoch that is over changes nothing.
    Stale = "S2";
    /// The record never shows more calls of an epoch than were made in it.
    Counts = "S2";
    /// Never more unexpired leases than allowed, each for as long as allowed.
    Leases = "S3";
    /// No two calls own the same lease, and only an owner probes.
    Owners = "S3";
    /// Never more probes really under way than allowed.
    Probes = "S3";
    /// A probe is over before its lease is, by any clock.
    LeaseOutlastsProbe = "S4";
    /// After a change without an answer the record is read before anything else.
    ReadBack = "S5";
    /// A call does not simply pass where the circuit is known not to be closed.
    KnownOpen = "S6";
    /// A probe counts as what became of it, once; a crashed one as nothing.
    ProbeResults = "S7";
    /// No call is refused without a reason that its environment has heard or felt.
    NeedlessRefusal = "S8";
    /// Without a store, a failing dependency gets a bounded number of calls.
    Containment = "S8";
    /// The record stays small.
    RecordSize = "B1";
    /// The store is written and read within the budget.
    Budget = "B2";
    /// An outage opens the circuit within its bound.
    Opens = "L1";
    /// Who has traffic goes without news for one refresh interval at most.
    Fresh = "L1";
    /// Once all is well the circuit closes within open time, leases and probes.
    Closes = "L2";
    /// A circuit opens for a reason, and stays closed when all is well.
    NoFalseOpening = "L2";
    /// Once the circuit has closed and ramped up, calls succeed.
    Goodput = "L5";
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {self:?}: {}", self.number(), self.text())
    }
}

/// A rule was broken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// When, in seconds from the start of the run; negative in the warm-up.
    pub at_s: f64,
    /// How.
    pub how: String,
    /// The last steps before, oldest first.
    pub last_steps: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.last_steps {
            writeln!(formatter, "  {step}")?;
        }
        writeln!(formatter, "{}", self.rule)?;
        write!(formatter, "at {:.3} s: {}", self.at_s, self.how)
    }
}
