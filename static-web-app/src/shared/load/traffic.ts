import type { Calls, Served } from "@/api/client";
import { ApiProblem, answer } from "@/api/problem";
import type { SendOne } from "./LoadGenerator";
import type { LoadAnswer } from "./tally";

const PAGE_SIZE = 20;
const WRITES_ARE = 5;

/**
 * The requests that a load is made of. Reads ask for what is there; writes go to one item of
 * the load's own, which is removed in the end, so that nobody's items change.
 */
export class LoadTraffic {
  #known: readonly string[] = [];
  #own: string | null = null;
  /** One key for every try to create the item: however many get through, it is one item. */
  #creation = crypto.randomUUID();

  constructor(private readonly api: Calls) {}

  readonly send: SendOne = async (plan, number, signal) => {
    try {
      const isWrite = plan.traffic === "mixed" && number % WRITES_ARE === WRITES_ARE - 1;
      if (isWrite) return wellAnswered(await this.#write(number, signal));
      const id = this.#known[number % this.#known.length];
      const single = plan.traffic === "items" || (plan.traffic === "mixed" && number % 2 === 1);
      return wellAnswered(single && id !== undefined ? await this.#readItem(id, signal) : await this.#readPage(signal));
    } catch (error) {
      return badlyAnswered(error);
    }
  };

  /** Removes the load's item; one that stays harms nobody. */
  readonly cleanUp = async () => {
    const id = this.#own;
    this.#own = null;
    this.#creation = crypto.randomUUID();
    if (id === null) return;
    await this.api.DELETE("/items/{id}", { params: { path: { id } } }).catch(() => {});
  };

  async #readPage(signal: AbortSignal) {
    const page = await answer(this.api.GET("/items", { params: { query: { limit: PAGE_SIZE } }, signal }));
    this.#known = page.data.items.map(({ id }) => id);
    return page;
  }

  #readItem(id: string, signal: AbortSignal) {
    return answer(this.api.GET("/items/{id}", { params: { path: { id } }, signal }));
  }

  async #write(number: number, signal: AbortSignal) {
    const body = { name: "Load generator's own item", description: "Goes when the load ends.", quantity: 0 };
    if (this.#own === null) {
      const headers = { "Idempotency-Key": this.#creation };
      const created = await answer(this.api.POST("/items", { body, headers, signal }));
      this.#own = created.data.id;
      return created;
    }
    const params = { path: { id: this.#own } };
    return answer(this.api.PUT("/items/{id}", { params, body: { ...body, quantity: number }, signal }));
  }
}

function wellAnswered({ served }: { served: Served }): LoadAnswer {
  return { outcome: served.source, retryAt: null };
}

function badlyAnswered(error: unknown): LoadAnswer {
  if (!(error instanceof ApiProblem)) return { outcome: "unreachable", retryAt: null };
  return { outcome: error.status === 503 ? "refused" : "failed", retryAt: error.retryAt };
}
