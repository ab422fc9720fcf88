import type { Api } from "@/api/client";
import { ApiProblem, answer } from "@/api/problem";
import type { Live } from "@/shared/live/Live";
import type { LoadGenerator } from "@/shared/load/LoadGenerator";
import type { LoadPlan } from "@/shared/load/loadPlan";
import { CIRCUIT, type Facts } from "./facts";
import { type Step, STEPS } from "./steps";

/** What was seen of one piece of evidence, and when. */
export interface Sighting {
  words: string;
  /** How long after its step had begun. */
  afterMs: number;
}

export interface IncidentState {
  /** Which step is under way; null before the first and after the last. */
  step: number | null;
  finished: boolean;
  /** Whether the step's action has been taken, or needs none. */
  acted: boolean;
  /** What has been seen, by step and then in the order of its evidence. */
  seen: Readonly<Record<Step["id"], readonly (Sighting | null)[]>>;
  acting: boolean;
  error: Error | null;
}

/** Ends by itself, should this page be closed in the middle. */
const FAULT_FOR_S = 60;

const UNSEEN = Object.fromEntries(STEPS.map(({ id, evidence }) => [id, evidence.map(() => null)])) as unknown as
  IncidentState["seen"];

const AT_REST: IncidentState = { step: null, finished: false, acted: false, seen: UNSEEN, acting: false, error: null };

/**
 * Leads through an incident on the live system. It takes the actions, and ticks evidence off when
 * the polls and the page's own requests show it; whoever leaves it has everything stopped that it
 * had started.
 */
export class Incident {
  #state = AT_REST;
  /** Which run is under way; what belongs to another one comes too late, and is undone. */
  #run = {};
  readonly #watchers = new Set<() => void>();
  #unwatch: (() => void)[] = [];
  #began = 0;
  #stepBegan = 0;
  #epoch = 0;
  #refusal: ApiProblem | null = null;
  #broken = false;
  #loadStartedAt: number | null = null;
  #written: string | null = null;

  constructor(
    private readonly api: Api,
    private readonly live: Live,
    private readonly load: LoadGenerator,
  ) {}

  readonly state = (): IncidentState => this.#state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  readonly begin = () => {
    this.#detach();
    this.#run = {};
    this.#began = Date.now();
    this.#epoch = this.#circuit()?.circuit.epoch ?? 0;
    this.#refusal = null;
    // Without polls there is no evidence.
    this.live.resume();
    this.#unwatch = [this.live.watch(this.#look), this.load.watch(this.#look)];
    this.#enter(0);
  };

  /** Takes the step's action; again, if its load or its fault has run out meanwhile. */
  readonly act = async () => {
    const step = this.#step();
    if (step === null || this.#state.acting) return;
    const run = this.#run;
    this.#set({ acting: true, error: null });
    try {
      await this.#arrange(step, run);
      if (step.id === "write" && run === this.#run) await this.#write(run);
      if (run !== this.#run) return;
      this.#set({ acted: true });
    } catch (error) {
      if (run !== this.#run) return;
      this.#set({ error: error instanceof Error ? error : new Error(String(error)) });
    }
    this.#set({ acting: false });
    this.#look();
  };

  readonly next = () => {
    const { step } = this.#state;
    if (step === null) return;
    if (step + 1 < STEPS.length) this.#enter(step + 1);
    else {
      this.#set({ step: null, finished: true });
      void this.#stopAll();
    }
  };

  /** Ends the incident wherever it is, and stops what it had started. */
  readonly leave = async () => {
    if (this.#state.step === null) return;
    this.#run = {};
    this.#set(AT_REST);
    await this.#stopAll();
  };

  /** Whether what the step needs has run out, so that its evidence cannot come any more. */
  readonly hasRunOut = (): boolean => {
    const step = this.#step();
    if (step === null || !this.#state.acted || this.#state.acting) return false;
    const faultGone = step.databaseDown && this.live.state().faults?.faults.database === undefined;
    return !this.#isLoaded(step.load) || faultGone;
  };

  #enter(step: number) {
    this.#stepBegan = Date.now();
    this.#set({ step, finished: false, acted: false, error: null, seen: step === 0 ? UNSEEN : this.#state.seen });
    if (STEPS[step]?.action === null) void this.act();
    else this.#look();
  }

  async #arrange(step: Step, run: object) {
    const down = this.live.state().faults?.faults.database !== undefined;
    const target = { params: { path: { target: "database" as const } } };
    if (step.databaseDown && !down) {
      const body = { kind: "error" as const, rate: 1, expires_in_s: FAULT_FOR_S };
      this.#broken = true;
      await answer(this.api.PUT("/faults/{target}", { ...target, body }));
      if (run !== this.#run) return this.#healAgain();
    }
    if (step.id === "heal") await this.#heal();
    if (run !== this.#run) return;
    if (!this.#isLoaded(step.load) || step.action !== null) {
      this.load.start(step.load);
      this.#loadStartedAt = this.load.state()?.startedAt ?? null;
    }
    await this.live.refresh();
  }

  async #heal() {
    if (!this.#broken) return;
    await answer<unknown>(this.api.DELETE("/faults/{target}", { params: { path: { target: "database" } } }));
    this.#broken = false;
  }

  /** Whoever left may have ended the fault before it had begun. */
  async #healAgain() {
    this.#broken = true;
    await this.#heal().catch(() => {});
    await this.live.refresh();
  }

  async #write(run: object) {
    const body = { name: "Incident's write", description: "Should have been refused.", quantity: 1 };
    try {
      const { data } = await answer(this.api.POST("/items", { body }));
      this.#written = data.id;
      if (run !== this.#run) await this.#unwrite();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (run === this.#run) this.#refusal = error;
    }
  }

  async #unwrite() {
    const id = this.#written;
    this.#written = null;
    if (id !== null) await this.api.DELETE("/items/{id}", { params: { path: { id } } }).catch(() => {});
  }

  readonly #look = () => {
    const step = this.#step();
    if (step === null) return;
    const facts = this.#facts();
    const before = this.#state.seen[step.id];
    // Before the action nothing that is seen is its effect.
    if (!this.#state.acted) return this.#set({});
    const afterMs = Date.now() - this.#stepBegan;
    const after = step.evidence.map(({ look }, index) => {
      const words = look(facts);
      return before[index] ?? (words === null ? null : { words, afterMs });
    });
    this.#set({ seen: { ...this.#state.seen, [step.id]: after } });
  };

  #facts(): Facts {
    const { faults, history } = this.live.state();
    return {
      circuit: this.#circuit(),
      events: (history.circuits[CIRCUIT]?.events ?? []).filter(({ epoch }) => epoch > this.#epoch),
      requests: this.api.log.all().filter(({ started }) => started >= this.#began),
      faults,
      load: this.load.state(),
      refusal: this.#refusal,
      stepBegan: this.#stepBegan,
    };
  }

  #circuit() {
    return this.live.state().circuits?.find(({ circuit }) => circuit.name === CIRCUIT) ?? null;
  }

  #step(): Step | null {
    const { step } = this.#state;
    return step === null ? null : (STEPS[step] ?? null);
  }

  #isLoaded({ perSecond }: LoadPlan): boolean {
    const state = this.load.state();
    return state !== null && state.ended === null && state.plan.perSecond >= perSecond;
  }

  async #stopAll() {
    this.#detach();
    // Only its own load; one that somebody has started since is theirs to stop.
    if (this.load.state()?.startedAt === this.#loadStartedAt) this.load.stop();
    this.#loadStartedAt = null;
    // What cannot be stopped now ends by itself within the minute.
    await this.#heal().catch(() => {});
    await this.#unwrite();
    await this.live.refresh();
  }

  #detach() {
    for (const unwatch of this.#unwatch) unwatch();
    this.#unwatch = [];
  }

  #set(changed: Partial<IncidentState>) {
    this.#state = { ...this.#state, ...changed };
    for (const watcher of this.#watchers) watcher();
  }
}
