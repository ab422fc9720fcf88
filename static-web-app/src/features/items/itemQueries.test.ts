import { describe, expect, it, vi } from "vitest";
import { ApiProblem } from "@/api/problem";
import { learnOutcome } from "./itemQueries";

const problem = (status: number, slug: string, retryAfterS?: number) =>
  new ApiProblem(new Response(null, { status }), { type: `urn:breaker:problem:${slug}`, retry_after_s: retryAfterS });

describe("learning the outcome of a write that is still under way", () => {
  it("waits as long as the API says", () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const error = problem(409, "still-under-way", 3);
    expect(learnOutcome.retryDelay(0, error)).toBe(3_000);
    vi.setSystemTime(Date.now() + 5_000);
    expect(learnOutcome.retryDelay(0, error)).toBe(0);
    expect(learnOutcome.retryDelay(0, problem(409, "still-under-way"))).toBe(1_000);
    vi.useRealTimers();
  });

  it("ends after five tries and is nothing for other errors", () => {
    const error = problem(409, "still-under-way", 1);
    expect([0, 4, 5].map((tries) => learnOutcome.retry(tries, error))).toEqual([true, true, false]);
    expect(learnOutcome.retry(0, problem(503, "service-unavailable", 1))).toBe(false);
    expect(learnOutcome.retry(0, new Error("no connection"))).toBe(false);
  });
});
