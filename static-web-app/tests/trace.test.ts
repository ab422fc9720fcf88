import { describe, expect, it } from "vitest";
import type { Attempt, Served } from "@/api/client";
import { recorded, servedBy } from "./samples";
import { stepsOf } from "@/features/requests/trace";

const attempt = (
  target: Attempt["target"],
  outcome: Attempt["outcome"],
  started_ms: number,
  duration_ms: number,
  attempts: Attempt[] = [],
): Attempt => ({ target, outcome, started_ms, duration_ms, attempts });

const way = (attempts: Attempt[], source: Served["source"] = "database") =>
  stepsOf(recorded({ served: servedBy(source, { attempts }) })).map(
    ({ kind, name, outcome, startedMs, durationMs }) => `${kind} ${name} ${outcome} ${startedMs}+${durationMs}`,
  );

describe("the way of a request", () => {
  it("is a decision and an attempt where all is well", () => {
    expect(way([attempt("retry", "ok", 0, 14)])).toEqual([
      "decision Circuit retry admitted 0+0",
      "attempt Attempt 1: retry ok 0+14",
    ]);
  });

  it("shows the wait between attempts, and the fallback after them", () => {
    const attempts = [attempt("retry", "timeout", 0, 3_000), attempt("retry", "error", 3_080, 5), attempt("fallback", "degraded", 3_086, 9)];
    expect(way(attempts, "fallback")).toEqual([
      "decision Circuit retry admitted 0+0",
      "attempt Attempt 1: retry timeout 0+3000",
      "backoff Backoff null 3000+80",
      "attempt Attempt 2: retry error 3080+5",
      "attempt Fallback degraded 3086+9",
    ]);
  });

  it("tells a refusal before what was done about it, though both begin in the same millisecond", () => {
    expect(way([attempt("fallback", "degraded", 0, 9), attempt("retry", "rejected", 0, 0)], "fallback")).toEqual([
      "decision Circuit retry rejected 0+0",
      "attempt Attempt 1: retry rejected 0+0",
      "attempt Fallback degraded 0+9",
    ]);
  });

  it("puts what a Lambda asked inside the attempt in which it did", () => {
    const attempts = [
      attempt("retry", "error", 0, 20, [attempt("cache", "miss", 2, 1), attempt("database", "error", 4, 15)]),
      attempt("retry", "ok", 70, 20, [attempt("database", "ok", 72, 15)]),
    ];
    expect(way(attempts)).toEqual([
      "decision Circuit retry admitted 0+0",
      "attempt Attempt 1: retry error 0+20",
      "inner Cache miss 2+1",
      "inner Database error 4+15",
      "backoff Backoff null 20+50",
      "attempt Attempt 2: retry ok 70+20",
      "inner Database ok 72+15",
    ]);
  });

  it("goes as deep as functions ask one another", () => {
    const fallback = attempt("fallback", "degraded", 30, 9, [attempt("cache", "ok", 33, 2)]);
    const steps = stepsOf(recorded({ served: servedBy("fallback", { attempts: [attempt("retry", "degraded", 0, 40, [fallback])] }) }));
    expect(steps.map(({ name, depth }) => `${name} ${depth}`)).toEqual(["Circuit retry 0", "Attempt 1: retry 0", "Fallback 1", "Cache 2"]);
  });

  it("is known of problems too, and unknown where nothing was noted", () => {
    const problem = { type: "urn:x", title: "x", status: 503, detail: "x", request_id: "r", attempts: [attempt("retry", "rejected", 0, 0)] };
    expect(stepsOf(recorded({ served: null, problem, status: 503 }))).toHaveLength(2);
    expect(stepsOf(recorded({ served: null, status: 204 }))).toEqual([]);
  });
});
