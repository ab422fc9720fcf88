import { describe, expect, it } from "vitest";
import { percent, perSecond, wilsonInterval } from "./numbers";

describe("numbers in words", () => {
  it.each([
    [0, "0 %"],
    [0.051, "5.1 %"],
    [0.5, "50 %"],
    [1, "100 %"],
  ])("the share %d is %s", (share, words) => expect(percent(share)).toBe(words));

  it.each([
    [0, "0/s"],
    [0.254, "0.25/s"],
    [3.14, "3.1/s"],
    [41.6, "42/s"],
  ])("%d a second are %s", (rate, words) => expect(perSecond(rate)).toBe(words));
});

describe("the confidence band", () => {
  it("is the one in the tables for 10 of 20", () => {
    const [low, high] = wilsonInterval(10, 20) ?? [];
    expect(low).toBeCloseTo(0.299, 3);
    expect(high).toBeCloseTo(0.701, 3);
  });

  it("stays between nothing and everything, and is wide for few calls", () => {
    expect(wilsonInterval(0, 3)?.[0]).toBe(0);
    expect(wilsonInterval(3, 3)).toEqual([expect.closeTo(0.438, 3), 1]);
    expect(wilsonInterval(0, 0)).toBeNull();
  });
});
