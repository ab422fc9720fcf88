import { describe, expect, it } from "vitest";
import { binsOf } from "./bins";

const MINUTE = 60_000;

describe("bins", () => {
  it("tell per second what was counted in them", () => {
    const slots = [0, 500, 1_000].map((ms) => ({ at: 10 * MINUTE + ms, calls: 3, failures: 0, slow: 0, alarms: 1 }));
    const traffic = [{ at: 10 * MINUTE + 5_000, admitted: 10, rejected: 5, failed: 2, fallback: 6 }];
    const bins = binsOf({ samples: [], events: [], slots, traffic }, 10 * MINUTE, 15 * MINUTE);
    expect(bins).toHaveLength(60);
    expect(bins[0]?.fleet).toEqual({ calls: expect.closeTo(2.4), failures: expect.closeTo(0.6) });
    expect(bins[1]?.page).toEqual({ admitted: 2, rejected: 1, failed: 0.4, fallback: expect.closeTo(1.2) });
  });

  it("stay where they are while the window moves on, and leave out what is not in it", () => {
    const traffic = [{ at: 9 * MINUTE, admitted: 1, rejected: 0, failed: 0, fallback: 0 }];
    const bins = binsOf({ samples: [], events: [], slots: [], traffic }, 10 * MINUTE + 1_700, 11 * MINUTE + 1_700);
    expect(bins[0]?.from).toBe(10 * MINUTE + 1_000);
    expect(bins.every(({ page }) => page.admitted === 0)).toBe(true);
  });
});
