import type { CircuitHistory } from "@/shared/live/history";

/** How calls fared in one stretch of time, per second. */
export interface Bin {
  from: number;
  to: number;
  /** By the whole fleet's count. */
  fleet: { calls: number; failures: number };
  /** By what this page asked for. */
  page: { admitted: number; rejected: number; failed: number; fallback: number };
}

const BINS = 60;

/** Sixty bins over the window. They begin at whole multiples of their length, so that they do not flicker as time goes on. */
export function binsOf({ slots, traffic }: CircuitHistory, from: number, to: number): readonly Bin[] {
  const length = (to - from) / BINS;
  const first = Math.floor(from / length);
  const bins = Array.from({ length: Math.ceil(to / length) - first }, (_, index): Bin => ({
    from: (first + index) * length,
    to: (first + index + 1) * length,
    fleet: { calls: 0, failures: 0 },
    page: { admitted: 0, rejected: 0, failed: 0, fallback: 0 },
  }));
  const perSecond = 1000 / length;
  const at = (moment: number) => bins[Math.floor(moment / length) - first];
  for (const slot of slots) {
    const bin = at(slot.at);
    if (bin === undefined) continue;
    bin.fleet.calls += (slot.calls + slot.alarms) * perSecond;
    bin.fleet.failures += (slot.failures + slot.alarms) * perSecond;
  }
  for (const second of traffic) {
    const bin = at(second.at);
    if (bin === undefined) continue;
    bin.page.admitted += second.admitted * perSecond;
    bin.page.rejected += second.rejected * perSecond;
    bin.page.failed += second.failed * perSecond;
    bin.page.fallback += second.fallback * perSecond;
  }
  return bins;
}
