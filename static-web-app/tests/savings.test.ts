import { describe, expect, it } from "vitest";
import type { Attempt } from "@/api/client";
import { recorded, servedBy } from "./samples";
import { savingsOf } from "@/features/requests/savings";

const retry = (outcome: Attempt["outcome"]): Attempt => ({ target: "retry", outcome, started_ms: 0, duration_ms: 1 });
const answered = (...outcomes: Attempt["outcome"][]) =>
  recorded({ served: servedBy("database", { attempts: outcomes.map(retry) }) });
const degraded = (...outcomes: Attempt["outcome"][]) =>
  recorded({ served: servedBy("fallback", { attempts: outcomes.map(retry) }) });
const problem = (status: number, ...outcomes: Attempt["outcome"][]) =>
  recorded({
    status,
    served: null,
    problem: { type: "urn:x", title: "x", status, detail: "x", request_id: "r", attempts: outcomes.map(retry) },
  });

describe("what retries bought", () => {
  it("sets first attempts against final ones and against answers, and counts the price", () => {
    const requests = [
      answered("ok"),
      answered("error", "ok"),
      degraded("timeout", "error", "unavailable"),
      problem(503, "error", "error"),
    ];
    expect(savingsOf(requests)).toEqual({ requests: 4, firstOk: 1, retriedOk: 2, answered: 3, extraAttempts: 4 });
  });

  it("leaves out what the circuit did not let through, and what no attempt was made for", () => {
    const requests = [degraded("rejected"), problem(503, "rejected"), recorded({ served: null, status: 204 })];
    expect(savingsOf(requests).requests).toBe(0);
  });

  it("takes a complaint about the request itself for the good answer that it is", () => {
    expect(savingsOf([problem(412, "refused")])).toMatchObject({ firstOk: 1, retriedOk: 1, answered: 1 });
  });
});
