//! What a check must cover to mean anything.
//!
//! A world may be reached by several steps, and which of them the checker takes
//! first depends on how its threads take turns. So cases are not a property of
//! worlds: each step adds what it covered to one set for the whole check.

use std::sync::atomic::{AtomicU32, Ordering};

/// A case that a step may cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Coverage {
    /// Failures opened the circuit.
    Opened,
    /// A first probe made it half open.
    HalfOpened,
    /// Successful probes closed it.
    ClosedByProbes,
    /// A failed probe opened it again.
    Reopened,
    /// A failed probe was outweighed by others, and counted.
    ProbeFailureOutweighed,
    /// Probes closed the circuit although one had failed.
    ClosedDespiteFailure,
    /// An alarm raised a suspicion.
    SuspicionRaised,
    /// A suspicion was raised that stood already.
    SuspicionRaisedTwice,
    /// A suspicion was cleared.
    SuspicionCleared,
    /// A lease that was over was taken by another call.
    TakenOver,
    /// All places among the probes were taken at once.
    AllPlacesTaken,
    /// A lease whose answer was lost was found by reading back, and the call
    /// became a probe.
    LostLeaseConfirmed,
    /// A transition whose answer was lost was found by reading back.
    LostTransitionConfirmed,
    /// A request that nobody waited for any more changed the record.
    LateRequestDone,
    /// A change of an epoch that is over was refused.
    OldEpochRefused,
    /// A probe's result was refused because its lease was over or taken.
    LateProbeRefused,
    /// A process was shown an older epoch than it knew, and kept what it knew.
    OldViewOutvoted,
    /// A stored value could not be understood.
    Unreadable,
    /// A process died with a probe under way.
    ProberCrashed,
    /// A process that was frozen went on after its lease was over.
    ThawedTooLate,
    /// An operator's override voided a probe under way.
    ProbeVoidedByOverride,
    /// An override was placed.
    OverridePlaced,
    /// An override was withdrawn.
    OverrideWithdrawn,
    /// An override whose answer was lost was found by reading back.
    LostOverrideConfirmed,
    /// An override met a record that had moved, and was written on the new one.
    OverrideWrittenAgain,
}

impl Coverage {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::Opened,
        Self::HalfOpened,
        Self::ClosedByProbes,
        Self::Reopened,
        Self::ProbeFailureOutweighed,
        Self::ClosedDespiteFailure,
        Self::SuspicionRaised,
        Self::SuspicionRaisedTwice,
        Self::SuspicionCleared,
        Self::TakenOver,
        Self::AllPlacesTaken,
        Self::LostLeaseConfirmed,
        Self::LostTransitionConfirmed,
        Self::LateRequestDone,
        Self::OldEpochRefused,
        Self::LateProbeRefused,
        Self::OldViewOutvoted,
        Self::Unreadable,
        Self::ProberCrashed,
        Self::ThawedTooLate,
        Self::ProbeVoidedByOverride,
        Self::OverridePlaced,
        Self::OverrideWithdrawn,
        Self::LostOverrideConfirmed,
        Self::OverrideWrittenAgain,
    ];

    /// What happened in a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::HalfOpened => "half opened",
            Self::ClosedByProbes => "closed by probes",
            Self::Reopened => "opened again",
            Self::ProbeFailureOutweighed => "a probe's failure was outweighed",
            Self::ClosedDespiteFailure => "closed despite a failure",
            Self::SuspicionRaised => "a suspicion was raised",
            Self::SuspicionRaisedTwice => "a suspicion was raised twice",
            Self::SuspicionCleared => "a suspicion was cleared",
            Self::TakenOver => "a lease was taken over",
            Self::AllPlacesTaken => "all places were taken",
            Self::LostLeaseConfirmed => "a lost lease was confirmed",
            Self::LostTransitionConfirmed => "a lost transition was confirmed",
            Self::LateRequestDone => "a late request was done",
            Self::OldEpochRefused => "an old epoch was refused",
            Self::LateProbeRefused => "a late probe was refused",
            Self::OldViewOutvoted => "an old view was outvoted",
            Self::Unreadable => "unreadable",
            Self::ProberCrashed => "a prober crashed",
            Self::ThawedTooLate => "thawed too late",
            Self::ProbeVoidedByOverride => "a probe was voided by an override",
            Self::OverridePlaced => "an override was placed",
            Self::OverrideWithdrawn => "an override was withdrawn",
            Self::LostOverrideConfirmed => "a lost override was confirmed",
            Self::OverrideWrittenAgain => "an override was written again",
        }
    }
}

/// The cases that one step covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CoverageSet(u32);

impl CoverageSet {
    pub(crate) fn note(&mut self, case: Coverage) {
        self.0 |= 1 << case as u8;
    }

    pub(crate) fn note_if(&mut self, covered: bool, case: Coverage) {
        if covered {
            self.note(case);
        }
    }

    /// Whether the step covers the case.
    pub const fn has(self, case: Coverage) -> bool {
        self.0 & (1 << case as u8) != 0
    }
}

/// The cases that any step of a check has covered so far.
#[derive(Debug, Default)]
pub(crate) struct Covered(AtomicU32);

impl Covered {
    pub(crate) fn add(&self, step: CoverageSet) {
        // Nothing else is published with it, and almost no step adds anything.
        if step.0 & !self.0.load(Ordering::Relaxed) != 0 {
            self.0.fetch_or(step.0, Ordering::Relaxed);
        }
    }

    pub(crate) fn all(&self) -> CoverageSet {
        CoverageSet(self.0.load(Ordering::Relaxed))
    }
}
