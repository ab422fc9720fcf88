import type { Circuit } from "@/api/client";
import { durationInWords } from "@/shared/duration";

type Rule = keyof Circuit["policy"];

/** The rules by when they matter, each with what it does. */
export const POLICY: readonly { title: string; rules: readonly (readonly [rule: Rule, meaning: string])[] }[] = [
  {
    title: "What trips it",
    rules: [
      ["failure_rate_threshold", "the failure rate that is an outage"],
      ["slow_rate_threshold", "the share of slow calls that is one"],
      ["slow_call_after_ms", "from when on a call is slow"],
      ["rate_margin", "how far from the threshold a rate must be to be told from it"],
      ["evidence_bound", "how sure it has to be, as a log-likelihood ratio"],
      ["consecutive_failures", "failures in a row that suffice where calls are rare"],
      ["local_failures", "failures in a row after which one environment stops itself"],
    ],
  },
  {
    title: "What it remembers",
    rules: [
      ["slot_ms", "calls are counted in slots of this length"],
      ["window_slots", "the newest slots count"],
      ["window_ms", "no call counts for longer"],
      ["sampled_calls_per_s", "above this only a sample is counted"],
    ],
  },
  {
    title: "The way back",
    rules: [
      ["open_for_ms", "calls are refused for so long at first"],
      ["open_growth", "and for so many times longer after each failed recovery"],
      ["open_for_max_ms", "but never longer than this"],
      ["max_probes", "probes under way at once, in the whole fleet"],
      ["successes_to_close", "successful probes that close it"],
      ["probe_timeout_ms", "a probe that takes longer has failed"],
      ["lease_for_ms", "a probe's place is free again after this"],
      ["ramp_for_ms", "from the first calls to all of them"],
    ],
  },
  {
    title: "How news travel",
    rules: [
      ["refresh_after_ms", "news are asked for when they are older than this"],
      ["max_stale_ms", "older news decide nothing"],
      ["store_timeout_ms", "the table has to answer within this"],
    ],
  },
];

/** A rule's name and value as people say them; names carry their units. */
export function inWords(name: string, value: unknown): [label: string, words: string] {
  const words = name.split("_");
  // A rate ends like a time: `per_s`.
  if (words.at(-2) === "per") return [sentence(words.slice(0, -2)), `${value} per ${words.at(-1)}`];
  if (words.at(-1) !== "ms" || typeof value !== "number") return [sentence(words), String(value ?? "none")];
  return [sentence(words.slice(0, -1)), value < 1000 || value % 1000 !== 0 ? `${value} ms` : durationInWords(value)];
}

function sentence(words: readonly string[]): string {
  const text = words.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
