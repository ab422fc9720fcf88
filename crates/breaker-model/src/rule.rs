//! What must hold, whatever happens.

/// A promise of the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// S1: a transition raises the epoch by one, and nothing else does. What a
    /// process knows never goes back to an earlier epoch.
    EpochsRiseByOne,
    /// S2: what was decided on another epoch, or on a lease that is over or
    /// not the call's own, changes nothing.
    StaleChangesNothing,
    /// S3: there are no more leases than places, a place is taken only when it
    /// is free or its lease is over, and no two calls share an owner.
    LeasesAreBounded,
    /// S4: a probe that is within its time holds its lease, by everybody's
    /// clock, or the circuit has moved on.
    ProbesHoldTheirLeases,
    /// S5: a change of the record whose answer was lost is read back before
    /// anything else is done.
    DoubtIsReadBack,
    /// S6: a process that knows that the circuit is not closed, and was never
    /// left alone by the store, admits probes only.
    OnlyProbesPassWhileNotClosed,
    /// S7: only probes that really succeeded count as successes, and a circuit
    /// closes only by enough more of them than failed: four times as many after
    /// a partial failure, unless traffic is thin.
    OnlySuccessesClose,
    /// S7: a probe's failure that others outweigh counts against them, once.
    FailedProbesCount,
    /// S10: a stored value that cannot be understood changes nothing of what a
    /// process knows.
    UnreadableKeepsTheLastKnown,
    /// Evidence is of the record's own epoch, and no call is counted twice.
    CountsOnce,
    /// S5: an override that is said to be in force has been placed, and one that
    /// is said to have had no effect has none and will have none.
    OverridesAreCertain,
    /// An override that is in force is not placed a second time.
    OverridesTakeEffectOnce,
    /// Closed to open only by who knew of a suspicion, open to half open only
    /// when the time has come, half open to open or closed, and nowhere else.
    MovesAreLegal,
    /// When the circuit opened is never later than when its phase began, and
    /// stays the same until the circuit has closed.
    OpeningIsRemembered,
    /// Only what witnesses told of opens the circuit; alarms never do.
    OnlyWitnessesOpen,
    /// Failures of a moment never open the circuit: they must fill as many
    /// slots as an outage does.
    OutagesFillSlots,
    /// A suspicion is raised by a report, stands as it was raised until it is
    /// cleared or the epoch ends, and never begins with an epoch.
    SuspicionsStand,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::EpochsRiseByOne,
        Self::StaleChangesNothing,
        Self::LeasesAreBounded,
        Self::ProbesHoldTheirLeases,
        Self::DoubtIsReadBack,
        Self::OnlyProbesPassWhileNotClosed,
        Self::OnlySuccessesClose,
        Self::FailedProbesCount,
        Self::UnreadableKeepsTheLastKnown,
        Self::CountsOnce,
        Self::OverridesAreCertain,
        Self::OverridesTakeEffectOnce,
        Self::MovesAreLegal,
        Self::OpeningIsRemembered,
        Self::OnlyWitnessesOpen,
        Self::OutagesFillSlots,
        Self::SuspicionsStand,
    ];

    /// The rule in a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EpochsRiseByOne => "S1 epochs rise by one",
            Self::StaleChangesNothing => "S2 stale results change nothing",
            Self::LeasesAreBounded => "S3 leases are bounded and unique",
            Self::ProbesHoldTheirLeases => "S4 probes hold their leases",
            Self::DoubtIsReadBack => "S5 doubt is read back",
            Self::OnlyProbesPassWhileNotClosed => "S6 only probes pass while not closed",
            Self::OnlySuccessesClose => "S7 only successes close",
            Self::FailedProbesCount => "S7 failed probes count",
            Self::UnreadableKeepsTheLastKnown => "S10 unreadable keeps the last known",
            Self::CountsOnce => "counts once",
            Self::OverridesAreCertain => "S5 overrides are certain",
            Self::OverridesTakeEffectOnce => "overrides take effect once",
            Self::MovesAreLegal => "moves are legal",
            Self::OpeningIsRemembered => "the opening is remembered",
            Self::OnlyWitnessesOpen => "only witnesses open",
            Self::OutagesFillSlots => "outages fill slots",
            Self::SuspicionsStand => "suspicions stand",
        }
    }
}
