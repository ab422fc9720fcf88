//! What a check must have come across to mean anything.

/// Something that happened in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Sighting {
    /// Failures opened the circuit.
    Opened,
    /// A first probe made it half open.
    HalfOpened,
    /// Successful probes closed it.
    ClosedByProbes,
    /// A failed probe opened it again.
    Reopened,
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
    /// An operator's order voided a probe under way.
    ProbeVoidedByOrder,
}

impl Sighting {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Opened,
        Self::HalfOpened,
        Self::ClosedByProbes,
        Self::Reopened,
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
        Self::ProbeVoidedByOrder,
    ];

    /// What happened in a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::HalfOpened => "half opened",
            Self::ClosedByProbes => "closed by probes",
            Self::Reopened => "opened again",
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
            Self::ProbeVoidedByOrder => "a probe was voided by an order",
        }
    }
}

/// The sightings of one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sightings(u32);

impl Sightings {
    pub(crate) fn note(&mut self, sighting: Sighting) {
        self.0 |= 1 << sighting as u8;
    }

    pub(crate) fn note_if(&mut self, seen: bool, sighting: Sighting) {
        if seen {
            self.note(sighting);
        }
    }

    /// Whether it was seen in this step.
    pub const fn has(self, sighting: Sighting) -> bool {
        self.0 & (1 << sighting as u8) != 0
    }
}
