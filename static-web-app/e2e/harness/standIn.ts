import type { Page, Request } from "playwright-core";
import type { Circuit, CircuitEvent, Fault, Item, Served } from "../../src/api/client.ts";
import { closedCircuit, item, servedBy } from "../../tests/samples.ts";

/** Below the page's own origin, so that the page's security policy allows it. */
export const STAND_IN_PATH = "/stand-in";

export type Reply = { status: number; body?: unknown } | "no answer";

/**
 * Answers in the API's place, on the wire, for states that a running stack is in too briefly or
 * too seldom: the page is the built one, and knows no difference.
 */
export class StandIn {
  circuits: Circuit[] = [closedCircuit(), closedCircuit({ name: "fallback", epoch: 0, since: null, cause: null })];
  events: Record<string, CircuitEvent[]> = {};
  faults: Record<string, Fault> = {};
  items: Item[] = [item(), item({ id: "0197a1c2-0000-7000-8000-000000000002", name: "Two-pole voltage tester", quantity: 12 })];
  served: Served = servedBy("database");
  /** In place of every answer, while it is set. */
  trouble: Reply | null = null;
  /** What else is answered, before all others. */
  also: (request: Request) => Reply | null = () => null;
  /** More of the config than the API's address. */
  config: Record<string, unknown> = {};
  /** By how much the server's clock is ahead. */
  aheadMs = 0;
  /** How often the circuits were asked for. */
  polls = 0;
  /** What changes from poll to poll. */
  beforeEachPoll: (poll: number) => void = () => undefined;

  async serve(page: Page): Promise<void> {
    await page.route("**/config.json", (route) => {
      const apiUrl = new URL(STAND_IN_PATH, route.request().url()).href;
      return route.fulfill({ json: { apiUrl, ...this.config } });
    });
    await page.route(`**${STAND_IN_PATH}/**`, async (route) => {
      const request = route.request();
      const reply = this.trouble ?? this.also(request) ?? this.reply(request);
      if (reply === "no answer") return route.abort("connectionrefused");
      const { status, body } = reply;
      await route.fulfill({ status, ...(body !== undefined && { json: body }) });
    });
  }

  /** Changes a circuit, and tells of it as a transition when its state changed. */
  move(name: string, changed: Partial<Circuit>, event?: Partial<CircuitEvent>): void {
    const before = this.circuits.find((circuit) => circuit.name === name) ?? closedCircuit({ name });
    const epoch = before.epoch + 1;
    const now = new Date(this.now()).toISOString();
    this.circuits = this.circuits.map((circuit) =>
      circuit.name === name ? { ...circuit, since: now, ...changed, epoch } : circuit,
    );
    const told = { epoch, at: now, from: before.state, to: changed.state ?? "closed", reason: changed.cause ?? "by the test", actor: "breaker" };
    this.events[name] = [...(this.events[name] ?? []), { ...told, ...event }];
  }

  /** Gives a circuit other counts, as of now. */
  count(name: string, evidence: Circuit["evidence"]): void {
    const slots = evidence.slots.map((slot) => ({ ...slot, at: new Date(Date.parse(slot.at) + this.aheadMs).toISOString() }));
    this.circuits = this.circuits.map((circuit) => (circuit.name === name ? { ...circuit, evidence: { ...evidence, slots } } : circuit));
  }

  private now(): number {
    return Date.now() + this.aheadMs;
  }

  private reply(request: Request): Reply {
    const url = new URL(request.url());
    const path = url.pathname.slice(STAND_IN_PATH.length);
    const method = request.method();
    const events = /^\/circuits\/([^/]+)\/(?:events|trail)$/.exec(path)?.[1];
    if (method !== "GET") return problem(404, "not-found");
    if (path === "/health") return { status: 200, body: { status: "ok", stage: "local" } };
    if (path === "/faults") return { status: 200, body: { allowed: true, faults: this.faults } };
    if (path === "/items") return { status: 200, body: { data: { items: this.items, next_cursor: null }, served: this.served } };
    if (path === "/circuits") {
      this.beforeEachPoll((this.polls += 1));
      const as_of = new Date(this.now()).toISOString();
      return { status: 200, body: { circuits: this.circuits.map((circuit) => ({ ...circuit, as_of })), unavailable: [] } };
    }
    if (events !== undefined) {
      const since = Number(url.searchParams.get("since") ?? 0);
      const told = (this.events[events] ?? []).filter(({ epoch }) => epoch > since).slice(0, 100);
      return { status: 200, body: { events: told, next_since: told.at(-1)?.epoch ?? since } };
    }
    return problem(404, "not-found");
  }
}

export function problem(status: number, slug: string, more: Record<string, unknown> = {}): Reply {
  const title = slug.replaceAll("-", " ");
  return { status, body: { type: `urn:breaker:problem:${slug}`, title, status, detail: `Detail of ${slug}.`, request_id: "request-1", ...more } };
}
