import { describe, expect, it } from "vitest";
import type { CircuitEvent } from "@/api/client";
import { type CircuitHistory, NOTHING } from "./history";
import type { ShownState } from "./shownState";
import { trailOf } from "./trail";

const instant = (at: number) => new Date(at).toISOString();
const event = (epoch: number, at: number, from: CircuitEvent["from"], to: CircuitEvent["to"], changed: Partial<CircuitEvent> = {}): CircuitEvent => ({
  epoch,
  at: instant(at),
  from,
  to,
  reason: "",
  actor: "breaker",
  ...changed,
});
const override = (epoch: number, at: number, to: CircuitEvent["to"], end: number, from: CircuitEvent["from"] = "closed") =>
  event(epoch, at, from, to, { actor: "jo", reason: "drill", expires_at: instant(end) });
const sample = (at: number, state: ShownState) => ({ at, state, calls: 0, failures: 0, slow: 0, suspicion: 0 });
const told = (changed: Partial<CircuitHistory>) =>
  trailOf({ ...NOTHING, ...changed })?.map(({ at, from, to }) => `${Date.parse(at)} ${from} ${to}`);

describe("the trail of a circuit", () => {
  it("tells the end of an override that ran out, and that nobody did it", () => {
    const trail = trailOf({ ...NOTHING, events: [override(3, 1_000, "forced_open", 5_000)], samples: [sample(6_000, "closed")] });
    expect(trail?.at(-1)).toEqual(event(3, 5_000, "forced_open", "closed", { reason: "the override ran out", expires_at: null }));
  });

  it("knows what came after it from the next transition, before any poll", () => {
    const events = [override(1, 1_000, "shadow", 5_000), event(2, 9_000, "closed", "open")];
    expect(told({ events })).toEqual(["1000 closed shadow", "5000 shadow closed", "9000 closed open"]);
  });

  it("does not tell of an end before anything was heard of the time after it", () => {
    const events = [override(1, 1_000, "forced_open", 5_000)];
    expect(told({ events })).toHaveLength(1);
    expect(told({ events, samples: [sample(4_000, "forced_open"), sample(5_500, "stale"), sample(6_000, "store_unavailable")] })).toHaveLength(1);
    expect(told({ events, samples: [sample(5_500, "stale"), sample(7_000, "ramping")] })?.at(-1)).toBe("5000 forced_open closed");
  });

  it("leaves an override alone that was withdrawn or replaced", () => {
    const withdrawn = event(2, 3_000, "forced_open", "closed", { actor: "jo" });
    expect(told({ events: [override(1, 1_000, "forced_open", 5_000), withdrawn], samples: [sample(6_000, "closed")] })).toHaveLength(2);
    const replaced = override(2, 3_000, "forced_open", 8_000, "forced_open");
    expect(told({ events: [override(1, 1_000, "forced_open", 5_000), replaced], samples: [sample(9_000, "closed")] })).toEqual([
      "1000 closed forced_open",
      "3000 forced_open forced_open",
      "8000 forced_open closed",
    ]);
  });

  it("is not misled by what the rules do beneath an override", () => {
    const events = [override(1, 1_000, "shadow", 5_000), event(2, 2_000, "shadow", "shadow")];
    expect(told({ events, samples: [sample(6_000, "open")] })).toEqual(["1000 closed shadow", "2000 shadow shadow", "5000 shadow open"]);
  });

  it("is not known before the transitions were read", () => {
    expect(told({ events: null })).toBeUndefined();
  });
});
