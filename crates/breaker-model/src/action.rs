//! What can happen.

/// Which environment, and which of its lanes.
pub type Seat = (usize, usize);

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The clock takes a step.
    Tick,
    /// A call arrives.
    Begin(Seat),
    /// A request reaches the store, which does it, and the answer arrives.
    Reach(Seat),
    /// A request reaches the store, which does it; the answer takes its time.
    ReachSlowly(Seat),
    /// A request reaches the store, which does it; the answer is lost.
    ReachInVain(Seat),
    /// A read reaches the store, which shows the version before.
    ReachStale(Seat),
    /// The store refuses a change because another one is under way.
    Contend(Seat),
    /// The store holds something that cannot be understood.
    Garble(Seat),
    /// An answer that took its time arrives.
    Deliver(Seat),
    /// The time-out is over and the store has not been reached.
    Lose(Seat),
    /// A request that nobody waits for any more reaches the store.
    ReachLate(usize),
    /// A call ends.
    End(Seat, Ending),
    /// A call is dropped, wherever it stands.
    Cancel(Seat),
    /// An environment vanishes; a cold one takes its place.
    Crash(usize),
    /// An environment does not run for a while.
    Freeze(usize),
    /// An operator turns to an environment.
    Override(Wish),
}

impl Action {
    /// Whether something goes wrong.
    pub(crate) const fn is_fault(self) -> bool {
        match self {
            Self::Tick
            | Self::Begin(_)
            | Self::Reach(_)
            | Self::Deliver(_)
            | Self::ReachLate(_)
            | Self::End(_, Ending::Success | Ending::Failure) => false,
            Self::ReachSlowly(_)
            | Self::ReachInVain(_)
            | Self::ReachStale(_)
            | Self::Contend(_)
            | Self::Garble(_)
            | Self::Lose(_)
            | Self::End(_, Ending::Nothing)
            | Self::Cancel(_)
            | Self::Crash(_)
            | Self::Freeze(_)
            | Self::Override(_) => true,
        }
    }
}

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The dependency did its work.
    Success,
    /// The dependency failed.
    Failure,
    /// The call proved nothing.
    Nothing,
}

/// What an operator wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Every call is refused.
    ForceOpen,
    /// Every call passes, and the circuit starts anew.
    ForceClosed,
    /// The override that stands is withdrawn.
    Withdraw,
}
