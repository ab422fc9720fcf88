import type { Observed } from "./observed";

/** From the caller inwards; what the page does not know stands at the end. */
const ORDER = ["retry", "database", "cache", "fallback"];

export function inCallOrder(circuits: readonly Observed[]): readonly Observed[] {
  const place = ({ circuit }: Observed) => ORDER.indexOf(circuit.name) + 1 || ORDER.length + 1;
  return circuits.toSorted((one, other) => place(one) - place(other));
}
