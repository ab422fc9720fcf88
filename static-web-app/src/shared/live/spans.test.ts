import { describe, expect, it } from "vitest";
import type { CircuitEvent } from "@/api/client";
import type { CircuitHistory, Sample } from "./history";
import type { ShownState } from "./shownState";
import { spansOf } from "./spans";

const sample = (at: number, state: ShownState): Sample => ({ at, state, calls: 0, failures: 0, slow: 0, suspicion: 0 });
const event = (at: number, from: CircuitEvent["from"], to: CircuitEvent["to"]): CircuitEvent => ({
  epoch: at,
  at: new Date(at).toISOString(),
  from,
  to,
  reason: "",
  actor: "breaker",
});
const history = (changed: Partial<CircuitHistory>): CircuitHistory => ({ samples: [], events: [], slots: [], traffic: [], ...changed });
const told = (past: CircuitHistory, from: number, to: number) =>
  spansOf(past, from, to).map(({ state, from: since, to: until }) => [state, since, until]);

describe("the spans of a circuit", () => {
  it("are known from before the page was opened, by the transitions", () => {
    const past = history({ events: [event(2_000, "closed", "open"), event(7_000, "open", "closed")], samples: [sample(9_000, "closed")] });
    expect(told(past, 0, 10_000)).toEqual([
      ["closed", 0, 2_000],
      ["open", 2_000, 7_000],
      ["closed", 7_000, 10_000],
    ]);
  });

  it("begin where the window does", () => {
    const past = history({ events: [event(2_000, "closed", "open")], samples: [sample(9_000, "open")] });
    expect(told(past, 5_000, 10_000)).toEqual([["open", 5_000, 10_000]]);
  });

  it("follow what polls saw and no transition tells", () => {
    const past = history({
      events: [event(1_000, "closed", "open")],
      samples: [sample(2_000, "open"), sample(6_000, "half_open"), sample(7_500, "half_open")],
    });
    expect(told(past, 0, 8_000)).toEqual([
      ["closed", 0, 1_000],
      ["open", 1_000, 6_000],
      ["half_open", 6_000, 8_000],
    ]);
  });

  it("end an override when it runs out, whether anybody watched or not", () => {
    const override = { ...event(1_000, "closed", "shadow"), expires_at: new Date(9_000).toISOString() };
    const past = history({ events: [override], samples: [sample(20_000, "closed"), sample(21_500, "closed")] });
    expect(told(past, 0, 22_000)).toEqual([
      ["closed", 0, 1_000],
      ["shadow", 1_000, 9_000],
      ["closed", 9_000, 22_000],
    ]);
  });

  it("ramp from the moment at which the circuit closed", () => {
    const past = history({ events: [event(1_000, "half_open", "closed")], samples: [sample(2_500, "ramping"), sample(7_000, "closed")] });
    expect(told(past, 0, 8_000)).toEqual([
      ["half_open", 0, 1_000],
      ["ramping", 1_000, 7_000],
      ["closed", 7_000, 8_000],
    ]);
  });

  it("say when nobody answered", () => {
    const past = history({ samples: [sample(1_000, "closed"), sample(2_500, "stale"), sample(5_500, "closed")] });
    expect(told(past, 0, 6_000)).toEqual([
      ["closed", 0, 2_500],
      ["stale", 2_500, 5_500],
      ["closed", 5_500, 6_000],
    ]);
  });

  it("end where the last news were, soon after", () => {
    const past = history({ samples: [sample(1_000, "closed")] });
    expect(told(past, 0, 20_000)).toEqual([
      ["closed", 0, 7_000],
      [null, 7_000, 20_000],
    ]);
  });

  it("are unknown as long as nothing was heard", () => {
    expect(told(history({ events: null }), 0, 1_000)).toEqual([[null, 0, 1_000]]);
  });
});
