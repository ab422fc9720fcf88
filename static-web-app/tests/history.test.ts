import { describe, expect, it } from "vitest";
import { NO_HISTORY, withRequest } from "@/shared/live/history";
import { recorded, servedBy } from "./samples";

describe("what the page remembers of its own requests", () => {
  it("counts what the Retry Lambda asked at the circuits inside it, and what went around a circuit nowhere", () => {
    const served = servedBy("fallback", {
      attempts: [
        {
          target: "retry",
          outcome: "degraded",
          started_ms: 0,
          duration_ms: 30,
          attempts: [
            { target: "cache", outcome: "miss", started_ms: 1, duration_ms: 1 },
            { target: "database", outcome: "rejected", started_ms: 2, duration_ms: 0 },
            {
              target: "fallback",
              outcome: "degraded",
              started_ms: 3,
              duration_ms: 20,
              attempts: [{ target: "cache", outcome: "ok", started_ms: 9, duration_ms: 1 }],
            },
          ],
        },
      ],
    });
    const { circuits } = withRequest(NO_HISTORY, recorded({ served }), 5_400);
    const traffic = Object.fromEntries(Object.entries(circuits).map(([name, past]) => [name, past.traffic]));
    const second = { at: 5_000, admitted: 0, rejected: 0, failed: 0, fallback: 0 };
    expect(traffic).toEqual({
      retry: [{ ...second, admitted: 1, failed: 1, fallback: 1 }],
      cache: [{ ...second, admitted: 1 }],
      database: [{ ...second, rejected: 1 }],
    });
  });
});
