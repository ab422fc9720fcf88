import { describe, expect, it } from "vitest";
import { ageInWords, durationInWords, roughAgeInWords, waitInWords } from "./duration";

const MINUTE = 60_000;

describe("durations in words", () => {
  it.each([
    [0, "0 s"],
    [59_999, "59 s"],
    [MINUTE, "1 min"],
    [2 * MINUTE + 5_000, "2 min 5 s"],
    [3 * 60 * MINUTE + 20 * MINUTE, "3 h 20 min"],
    [98 * 60 * MINUTE, "4 d 2 h"],
  ])("%i ms is %s", (ms, words) => expect(durationInWords(ms)).toBe(words));

  it("never gives a negative age, as a clock that is behind would", () => expect(ageInWords(-500)).toBe("just now"));

  it("rounds a wait up, so that it is over when it says so", () => expect(waitInWords(1_001)).toBe("2 s"));

  it("keeps to the largest unit where rough is enough", () => expect(roughAgeInWords(95_000)).toBe("1 min ago"));
});
