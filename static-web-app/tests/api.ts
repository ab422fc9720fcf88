import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import type { Circuit, Item, Served } from "@/api/client";
import { closedCircuit, secondsAgo, servedBy } from "./samples";

/** With a path in it, as behind a gateway stage. */
export const API_URL = "http://api.test/stage";
export const at = (path: string) => `${API_URL}${path}`;

export function answersItems(items: Item[], served: Served = servedBy("database"), nextCursor: string | null = null) {
  return http.get(at("/items"), () => HttpResponse.json({ data: { items, next_cursor: nextCursor }, served }));
}

export function answersCircuits(...circuits: Circuit[]) {
  return http.get(at("/circuits"), () =>
    HttpResponse.json({ circuits: circuits.map((circuit) => ({ ...circuit, as_of: secondsAgo(0) })), unavailable: [] }),
  );
}

export function problem(status: number, slug: string, more: Record<string, unknown> = {}) {
  const body = {
    type: `urn:breaker:problem:${slug}`,
    title: slug.replaceAll("-", " "),
    status,
    detail: `Detail of ${slug}.`,
    request_id: "request-1",
    ...more,
  };
  return HttpResponse.json(body, { status, headers: { "Content-Type": "application/problem+json" } });
}

/** The API on a good day: no items, one closed circuit. Each test says what differs. */
export const api = setupServer(
  http.get(at("/health"), () => HttpResponse.json({ status: "ok", stage: "local" })),
  answersItems([]),
  // Made for each request, because its time is the server's now.
  http.get(at("/circuits"), () => HttpResponse.json({ circuits: [closedCircuit()], unavailable: [] })),
  http.get(at("/circuits/:name/events"), () => HttpResponse.json({ events: [], next_since: 0 })),
  http.get(at("/circuits/:name/trail"), () => HttpResponse.json({ events: [], next_since: 0 })),
  http.get(at("/faults"), () => HttpResponse.json({ allowed: true, faults: {} })),
  http.delete(at("/faults/:target"), () => new HttpResponse(null, { status: 204 })),
);
