import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LoadGenerator, type SendOne } from "./LoadGenerator";
import { IN_FLIGHT_MAX, type LoadPlan, PER_SECOND_MAX, SECONDS_MAX } from "./loadPlan";
import type { LoadAnswer } from "./tally";

const FINE: LoadAnswer = { outcome: "database", retryAt: null };
const plan = (changed: Partial<LoadPlan> = {}): LoadPlan => ({ perSecond: 5, seconds: 10, traffic: "pages", ...changed });

/** Answers each request after a while by the driven clock. */
function answeringAfter(ms: number, answer = FINE) {
  const sent: number[] = [];
  const send: SendOne = async (_plan, number) => {
    sent.push(number);
    await new Promise((resolve) => setTimeout(resolve, ms));
    return answer;
  };
  return { sent, send };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.restoreAllMocks());

describe("a load", () => {
  it("sends at its pace, for its time, and ends by itself", async () => {
    const { sent, send } = answeringAfter(20);
    const ended = vi.fn();
    const load = new LoadGenerator(send, ended);
    load.start(plan());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent.length).toBe(6);
    await vi.advanceTimersByTimeAsync(8_990);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent.length).toBe(50);
    expect(load.state()?.ended).toBe("done");
    expect(load.state()?.tally.counts.database).toBe(50);
    expect(ended).toHaveBeenCalledOnce();
  });

  it("does not go beyond the caps, whatever is asked for", async () => {
    const { sent, send } = answeringAfter(1);
    const load = new LoadGenerator(send);
    load.start(plan({ perSecond: 1_000, seconds: 1_000_000 }));
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(sent.length).toBe(PER_SECOND_MAX * SECONDS_MAX);
    for (const perSecond of [0, -5, Number.NaN]) {
      load.start(plan({ perSecond }));
      expect(load.state()?.plan.perSecond).toBe(1);
    }
    load.stop();
  });

  it("never has more under way than it may, and counts what it could not send", async () => {
    let [underWay, most] = [0, 0];
    const load = new LoadGenerator(async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      underWay--;
      return FINE;
    });
    load.start(plan({ perSecond: 10, seconds: 5 }));
    await vi.advanceTimersByTimeAsync(20_000);
    const tally = load.state()?.tally;
    expect(most).toBe(IN_FLIGHT_MAX);
    expect(tally?.sent).toBe(12);
    expect(tally?.heldBack).toBe(38);
  });

  it("counts an answer in the second in which it came, and remembers when to come back", async () => {
    const { send } = answeringAfter(1_500, { outcome: "refused", retryAt: 9_999 });
    const load = new LoadGenerator(send);
    load.start(plan({ perSecond: 1, seconds: 3 }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(load.state()?.tally.seconds.map(({ refused }) => refused)).toEqual([0, 1, 2]);
    expect(load.state()?.tally).toMatchObject({ retryAt: 9_999, durations: [1_500, 1_500, 1_500] });
  });

  it("sends nothing more once it is stopped, and gives up what is under way", async () => {
    const signals: AbortSignal[] = [];
    const { sent, send } = answeringAfter(500);
    const load = new LoadGenerator((wanted, number, signal) => {
      signals.push(signal);
      return send(wanted, number, signal);
    });
    load.start(plan());
    await vi.advanceTimersByTimeAsync(100);
    load.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toEqual([0]);
    expect(signals[0]?.aborted).toBe(true);
    expect(load.state()).toMatchObject({ ended: "stopped", tally: { sent: 1, counts: { database: 0 } } });
  });

  it("ends when the page is hidden, because nobody sees what it does", async () => {
    const { sent, send } = answeringAfter(20);
    const load = new LoadGenerator(send);
    load.start(plan());
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toEqual([0]);
    expect(load.state()?.ended).toBe("hidden");
  });

  it("takes the place of the one before, whose late answers do not count", async () => {
    const { send } = answeringAfter(900);
    const load = new LoadGenerator(send);
    load.start(plan({ perSecond: 1 }));
    await vi.advanceTimersByTimeAsync(500);
    load.start(plan({ perSecond: 1 }));
    await vi.advanceTimersByTimeAsync(500);
    expect(load.state()?.tally).toMatchObject({ sent: 1, counts: { database: 0 } });
    await vi.advanceTimersByTimeAsync(450);
    expect(load.state()?.tally.counts.database).toBe(1);
    load.stop();
  });
});
