import { bounded, IN_FLIGHT_MAX, type LoadPlan } from "./loadPlan";
import { emptyTally, type LoadAnswer, type Tally, withAnswer } from "./tally";

/** Sends the request with this number, counted from 0. Never rejects; how it ended is the answer. */
export type SendOne = (plan: LoadPlan, number: number, signal: AbortSignal) => Promise<LoadAnswer>;

export type LoadEnd = "done" | "stopped" | "hidden";

export interface LoadState {
  plan: LoadPlan;
  startedAt: number;
  endsAt: number;
  /** How it ended; null while it runs. */
  ended: LoadEnd | null;
  tally: Tally;
}

/**
 * Sends requests at a steady pace for a bounded time: the pace does not follow the answers,
 * because users do not either. Only the number of requests under way is bounded, and what
 * could not be sent for that is counted.
 *
 * It lives outside of any page, so that it goes on while its effect is watched elsewhere; it
 * ends when nobody can watch any more.
 */
export class LoadGenerator {
  #state: LoadState | null = null;
  #watchers = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #cancel = new AbortController();
  #inFlight = 0;
  #due = 0;

  constructor(
    private readonly sendOne: SendOne,
    private readonly onEnd: () => void = () => {},
  ) {}

  readonly watch = (watcher: () => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  readonly state = (): LoadState | null => this.#state;

  /** Starts a load; one that is running ends for it. */
  readonly start = (wanted: LoadPlan) => {
    this.stop();
    const plan = bounded(wanted);
    const startedAt = Date.now();
    this.#cancel = new AbortController();
    this.#due = 0;
    this.#state = {
      plan,
      startedAt,
      endsAt: startedAt + plan.seconds * 1000,
      ended: null,
      tally: emptyTally(plan.seconds),
    };
    document.addEventListener("visibilitychange", this.#rest);
    this.#tick();
  };

  /** Ends the load and gives up what is still under way. */
  readonly stop = () => this.#end("stopped");

  readonly #rest = () => {
    if (document.visibilityState === "hidden") this.#end("hidden");
  };

  #tick() {
    const state = this.#state;
    if (state === null || state.ended !== null) return;
    if (Date.now() >= state.endsAt) return this.#end("done");
    const { plan, startedAt } = state;
    const dueAt = (number: number) => startedAt + (number * 1000) / plan.perSecond;
    const total = plan.perSecond * plan.seconds;
    while (this.#due < total && dueAt(this.#due) <= Date.now()) this.#sendOrHoldBack(this.#due++);
    const next = this.#due < total ? dueAt(this.#due) : state.endsAt;
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, next - Date.now()));
  }

  #sendOrHoldBack(number: number) {
    const state = this.#state;
    if (state === null) return;
    if (this.#inFlight >= IN_FLIGHT_MAX) {
      this.#change({ ...state, tally: { ...state.tally, heldBack: state.tally.heldBack + 1 } });
      return;
    }
    this.#change({ ...state, tally: { ...state.tally, sent: state.tally.sent + 1 } });
    void this.#send(number, state);
  }

  async #send(number: number, { plan, startedAt }: LoadState) {
    const { signal } = this.#cancel;
    const sentAt = Date.now();
    this.#inFlight++;
    const answer = await this.sendOne(plan, number, signal);
    this.#inFlight--;
    const state = this.#state;
    // An answer to a load that was stopped says nothing about the one that runs now.
    if (signal.aborted || state === null) return;
    const tally = withAnswer(state.tally, answer, Date.now() - startedAt, Date.now() - sentAt);
    this.#change({ ...state, tally });
  }

  #end(ended: LoadEnd) {
    const state = this.#state;
    if (state === null || state.ended !== null) return;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#rest);
    // What was sent in time may still be answered; what was stopped is not waited for.
    if (ended !== "done") this.#cancel.abort();
    this.#change({ ...state, ended });
    this.onEnd();
  }

  #change(state: LoadState) {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}
