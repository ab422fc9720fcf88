import { webUrl } from "./browser.ts";

/** Long enough for a circuit to open, wait, probe and close, on a machine that has other things to do. */
export const CIRCUIT_BOUND_MS = 90_000;

interface CircuitAnswer {
  circuits: { name: string; state: string; admitted_share: number }[];
  unavailable: { name: string }[];
}

/** Calls the API of the stack as another client would. */
export async function callApi(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const config = (await (await fetch(new URL("/config.json", webUrl()))).json()) as { apiUrl: string };
  return fetch(`${config.apiUrl}${path}`, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Ends every fault, and calls until every circuit has found out. */
export async function heal(): Promise<void> {
  await callApi("DELETE", "/faults");
  const until = Date.now() + CIRCUIT_BOUND_MS;
  while (Date.now() < until) {
    const { circuits, unavailable } = (await (await callApi("GET", "/circuits")).json()) as CircuitAnswer;
    if (unavailable.length > 0) continue;
    if (circuits.every(({ state, admitted_share }) => state === "closed" && admitted_share >= 1)) return;
    // Only traffic closes a circuit; it also is what this waits for.
    await callApi("GET", "/items?limit=20");
  }
  throw new Error("the circuits do not close, although there is no fault");
}
