import type { Api, CircuitEvent, FaultList } from "@/api/client";
import { ApiProblem, answer } from "@/api/problem";
import { type History, NO_HISTORY, NOTHING, withCircuits, withEvents, withFailure, withFaults, withRequest, withUnread } from "./history";
import type { Observed } from "./observed";
import { trailOf } from "./trail";

export interface SeenEvent {
  circuit: string;
  event: CircuitEvent;
}

export interface LiveState {
  /** The circuits as last heard of, the newest first; null until the first answer. */
  circuits: readonly Observed[] | null;
  /** The names of those that the last answer could not tell of. */
  unread: readonly string[];
  /** When that was, on this browser's clock. */
  receivedAt: number | null;
  /** Why the last poll failed; null if it did not. */
  error: Error | null;
  /** The faults in force as last heard of; null until the first answer. */
  faults: FaultList | null;
  paused: boolean;
  /** A transition, or the end of an override, that was seen to happen, for announcements; null until one was. */
  lastEvent: SeenEvent | null;
  history: History;
}

/** Fast enough to watch a circuit trip. */
export const POLL_MS = 1_500;
/** An API that does not answer is not asked as often. */
const POLL_IN_TROUBLE_MS = 3_000;
/** Faults change by hand, so they are asked for at every second poll. */
const FAULTS_EVERY = 2;
/** How many transitions back the first question about them reaches. */
const FIRST_EVENTS = 50;

/**
 * The one place that asks how the circuits are. Everything that shows them shares its polls, and
 * it rests while the page is hidden or the user has paused it.
 */
export class Live {
  #state: LiveState = {
    circuits: null,
    unread: [],
    receivedAt: null,
    error: null,
    faults: null,
    paused: false,
    lastEvent: null,
    history: NO_HISTORY,
  };
  readonly #watchers = new Set<() => void>();
  readonly #cursors = new Map<string, number>();
  #next: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | null = null;
  #polls = 0;
  #running = false;

  constructor(
    private readonly api: Api,
    private readonly pollMs = POLL_MS,
  ) {}

  readonly state = (): LiveState => this.#state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Begins to poll; the answer ends it. */
  start(): () => void {
    this.#running = true;
    const visibilityChanged = () => this.#wake();
    const unwatch = this.api.log.watch((request) => {
      const endedAt = request.started + request.durationMs + this.#serverAhead;
      this.#set({ history: withRequest(this.#state.history, request, endedAt) });
    });
    document.addEventListener("visibilitychange", visibilityChanged);
    window.addEventListener("online", visibilityChanged);
    this.#wake();
    return () => {
      this.#running = false;
      document.removeEventListener("visibilitychange", visibilityChanged);
      window.removeEventListener("online", visibilityChanged);
      unwatch();
      this.#rest();
    };
  }

  pause(): void {
    this.#set({ paused: true });
    this.#wake();
  }

  resume(): void {
    this.#set({ paused: false });
    this.#wake();
  }

  /** Asks now, because this page has just changed something; also while paused. */
  readonly refresh = async (): Promise<void> => {
    this.#polls = 0;
    await this.#poll();
  };

  /** By how much the server's clock is ahead of this browser's; everything remembered goes by it. */
  get #serverAhead(): number {
    const newest = this.#state.circuits?.[0];
    return newest === undefined ? 0 : Date.parse(newest.circuit.as_of) - newest.receivedAt;
  }

  get #resting(): boolean {
    return !this.#running || this.#state.paused || document.visibilityState === "hidden";
  }

  #wake(): void {
    if (this.#resting) this.#rest();
    else if (this.#asking === null) void this.#poll();
  }

  #rest(): void {
    clearTimeout(this.#next);
    this.#asking?.abort();
    this.#asking = null;
  }

  async #poll(): Promise<void> {
    this.#rest();
    const asking = new AbortController();
    this.#asking = asking;
    const began = Date.now();
    await this.#ask(asking.signal);
    // Another poll has taken over, or nobody wants this one any more.
    if (this.#asking !== asking) return;
    this.#asking = null;
    if (this.#resting) return;
    const every = this.#state.error === null ? this.pollMs : Math.max(this.pollMs, POLL_IN_TROUBLE_MS);
    this.#next = setTimeout(() => void this.#poll(), Math.max(0, began + every - Date.now()));
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const withFaultsToo = this.#polls++ % FAULTS_EVERY === 0;
    try {
      const [{ circuits, unavailable = [] }] = await Promise.all([
        answer(this.api.GET("/circuits", { signal })),
        withFaultsToo ? this.#askFaults(signal) : null,
      ]);
      const receivedAt = Date.now();
      const observed = circuits.map((circuit) => ({ circuit, receivedAt }));
      const unread = unavailable.map(({ name }) => name);
      const known = (this.#state.circuits ?? []).filter(({ circuit: { name } }) => unread.includes(name));
      const shown = [...observed, ...known.map((one) => ({ ...one, unread: true }))];
      const told = withCircuits(this.#state.history, observed);
      const history = withUnread(told, unread, receivedAt + this.#serverAhead);
      const lastEvent = endedBetween(this.#state.history, history) ?? this.#state.lastEvent;
      this.#set({ circuits: shown, unread, receivedAt, error: null, history, lastEvent });
      await Promise.all(observed.map((one) => this.#askEvents(one, signal)));
    } catch (error) {
      if (signal.aborted || !(error instanceof Error)) return;
      const history = withFailure(this.#state.history, error, Date.now() + this.#serverAhead);
      this.#set({ error, history });
    }
  }

  /** Each transition raises the epoch by one, so only a risen epoch has something to tell. */
  async #askEvents({ circuit: { name, epoch } }: Observed, signal: AbortSignal): Promise<void> {
    const cursor = this.#cursors.get(name);
    if (cursor !== undefined && epoch <= cursor) return;
    const since = cursor ?? Math.max(0, epoch - FIRST_EVENTS);
    const params = { path: { name }, query: { since } };
    const publicEvents = () => answer(this.api.GET("/circuits/{name}/events", { params, signal }));
    const trail = () => answer(this.api.GET("/circuits/{name}/trail", { params, signal }));
    // Signed in, but no operator: what is public is left.
    const told = await besides(this.api.hasToken() ? trail().catch(publicEvents) : publicEvents());
    if (told === null || signal.aborted) return;
    const { events, next_since } = told;
    this.#cursors.set(name, next_since);
    const newest = events.at(-1);
    const seenToHappen = cursor !== undefined && newest !== undefined;
    this.#set({
      history: withEvents(this.#state.history, name, events),
      ...(seenToHappen && { lastEvent: { circuit: name, event: newest } }),
    });
  }

  async #askFaults(signal: AbortSignal): Promise<void> {
    const faults = await besides(answer(this.api.GET("/faults", { signal })).catch(orRefused));
    if (faults === null || signal.aborted) return;
    const history = withFaults(this.#state.history, faults, Date.now() + this.#serverAhead);
    this.#set({ faults, history });
  }

  #set(changed: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...changed };
    for (const watcher of this.#watchers) watcher();
  }
}

/** An override that ran out between two polls, which only the later one can tell. */
function endedBetween(before: History, after: History): SeenEvent | null {
  for (const [circuit, past] of Object.entries(after.circuits)) {
    const event = trailOf(past)?.at(-1);
    const known = trailOf(before.circuits[circuit] ?? NOTHING)?.at(-1);
    if (event !== undefined && event.at !== known?.at) return { circuit, event };
  }
  return null;
}

/** A stage that refuses faults may have no route to them either, as production has not. */
function orRefused(error: unknown): FaultList {
  if (error instanceof ApiProblem && error.status === 404) return { allowed: false, faults: {} };
  throw error;
}

/** Whether the API answers, the circuits tell; what else was asked may come with the next poll. */
function besides<Told>(asked: Promise<Told>): Promise<Told | null> {
  return asked.catch(() => null);
}
