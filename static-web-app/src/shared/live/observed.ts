import type { Circuit } from "@/api/client";

/** A circuit together with the moment, on this browser's clock, at which it was received. */
export interface Observed {
  circuit: Circuit;
  receivedAt: number;
  /** Whether the circuit could not be read since; then this is what was known of it. */
  unread?: boolean;
}

/**
 * The server's time now. Ages and waits of a circuit are told by the server's
 * clock and only carried forward by ours, so that a wrong clock does not show.
 */
export function serverTime({ circuit, receivedAt }: Observed, now: number): number {
  return Date.parse(circuit.as_of) + Math.max(0, now - receivedAt);
}

export type Override = NonNullable<Circuit["override"]>;

/** The override that stands now; one that has run out decides nothing. */
export function effectiveOverride(observed: Observed, now: number): Override | null {
  const override = observed.circuit.override ?? null;
  return override !== null && Date.parse(override.expires_at) > serverTime(observed, now) ? override : null;
}

export function waitUntilRetry(observed: Observed, now: number): number | null {
  const retryAt = observed.circuit.retry_at;
  return retryAt == null ? null : Date.parse(retryAt) - serverTime(observed, now);
}
