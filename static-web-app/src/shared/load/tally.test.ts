import { describe, expect, it } from "vitest";
import { quantile } from "./tally";

describe("the time that a share of answers took", () => {
  it("is the value that this share does not exceed", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([0.5, 0.95, 1].map((share) => quantile(hundred, share))).toEqual([50, 95, 100]);
    expect(quantile([7], 0.5)).toBe(7);
    expect(quantile([], 0.5)).toBeNull();
  });
});
