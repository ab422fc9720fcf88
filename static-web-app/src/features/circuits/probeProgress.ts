import type { Circuit } from "@/api/client";

/** How far probes have come: the circuit closes when successes are enough ahead of failures. */
export function probeProgress({ successes, failures, needed }: Circuit["probes"]): { ahead: number; words: string } {
  const ahead = Math.max(0, successes - failures);
  if (failures === 0) return { ahead, words: `${successes} of ${needed} successes` };
  return { ahead, words: `${ahead} of ${needed}: ${successes} succeeded, ${failures} failed` };
}
