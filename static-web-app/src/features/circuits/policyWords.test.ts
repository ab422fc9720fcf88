import { expect, test } from "vitest";
import { inWords } from "./policyWords";

test.each([
  ["open_for_ms", 5000, "Open for", "5 s"],
  ["slot_ms", 500, "Slot", "500 ms"],
  ["sampled_calls_per_s", 75, "Sampled calls", "75 per s"],
  ["max_probes", 2, "Max probes", "2"],
])("%s is told as what it is", (name, value, label, words) => {
  expect(inWords(name, value)).toEqual([label, words]);
});
