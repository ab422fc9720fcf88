/** How one request ended, from the side of the one who asked. */
export const OUTCOMES = ["database", "cache", "fallback", "refused", "failed", "unreachable"] as const;
export type LoadOutcome = (typeof OUTCOMES)[number];

export interface LoadAnswer {
  outcome: LoadOutcome;
  /** When the API expects to take such a request again, on this browser's clock. */
  retryAt: number | null;
}

export type Counts = Readonly<Record<LoadOutcome, number>>;

export interface Tally {
  counts: Counts;
  /** One entry for each second of the plan: what ended in it. */
  seconds: readonly Counts[];
  sent: number;
  /** Due, and not sent because all connections waited for answers. */
  heldBack: number;
  /** How long answers took, ascending. */
  durations: readonly number[];
  retryAt: number | null;
}

const NONE: Counts = { database: 0, cache: 0, fallback: 0, refused: 0, failed: 0, unreachable: 0 };

export function emptyTally(seconds: number): Tally {
  return {
    counts: NONE,
    seconds: Array.from({ length: seconds }, () => NONE),
    sent: 0,
    heldBack: 0,
    durations: [],
    retryAt: null,
  };
}

/** `elapsed` is when the answer came, in milliseconds after the load began. */
export function withAnswer(tally: Tally, answer: LoadAnswer, elapsed: number, duration: number): Tally {
  const { outcome } = answer;
  // What comes in after the last second belongs to it: nothing is asked any more.
  const second = Math.min(tally.seconds.length - 1, Math.floor(elapsed / 1000));
  return {
    ...tally,
    counts: plusOne(tally.counts, outcome),
    seconds: tally.seconds.map((counts, index) => (index === second ? plusOne(counts, outcome) : counts)),
    durations: inserted(tally.durations, duration),
    retryAt: answer.retryAt ?? tally.retryAt,
  };
}

function plusOne(counts: Counts, outcome: LoadOutcome): Counts {
  return { ...counts, [outcome]: counts[outcome] + 1 };
}

function inserted(ascending: readonly number[], value: number): readonly number[] {
  const found = ascending.findIndex((other) => other > value);
  return ascending.toSpliced(found === -1 ? ascending.length : found, 0, value);
}

export function answered(counts: Counts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
}

/** The value that `share` of all values do not exceed (nearest rank); null without values. */
export function quantile(ascending: readonly number[], share: number): number | null {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? null;
}
