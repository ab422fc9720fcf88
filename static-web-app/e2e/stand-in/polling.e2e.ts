import type { CDPSession, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { inBrowser } from "../harness/browser.ts";
import { SCENES } from "../harness/scenes.ts";
import type { StandIn } from "../harness/standIn.ts";
import { CIRCUIT_IN, counted } from "../../tests/samples.ts";

/**
 * Words that grow by a digit push those behind them; anything more, such as a row that comes in,
 * is over this. What is good on the web ends at 0.1.
 */
const MOVES_NOTHING = 0.03;

const PAGES = ["/", "/circuits", "/timeline"] as const;

/** Lets the page's time pass, faster than it does, and the server's with it. */
async function pass(page: Page, standIn: StandIn, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += STEP_S) {
    standIn.aheadMs += STEP_S * 1_000;
    await page.clock.runFor(STEP_S * 1_000);
  }
}

/** A minute of them, as fast as this machine answers: a poll that is late is one that comes later. */
async function passPolls(page: Page, standIn: StandIn, polls: number): Promise<void> {
  const enough = standIn.polls + polls;
  for (let steps = 0; standIn.polls < enough; steps += 1) {
    expect(steps, "polls do not come").toBeLessThan(20 * polls);
    await pass(page, standIn, STEP_S);
  }
}

/** A little more than lies between two polls: what one asked is answered before the next. */
const STEP_S = 2;

const frozen = (standIn: StandIn) => ({ standIn, before: (page: Page) => page.clock.install() });

/** A busy circuit that counts something else at each poll, and trips and recovers now and then. */
function busy(): StandIn {
  const standIn = SCENES.closed();
  standIn.beforeEachPoll = (poll) => {
    const told = poll % 40 === 20 ? CIRCUIT_IN.open() : poll % 40 === 25 ? CIRCUIT_IN.half_open() : poll % 40 === 28 ? CIRCUIT_IN.ramping() : null;
    if (told !== null) standIn.move("retry", { ...told, cause: told.state === "open" ? "23 of 23 calls failed" : "3 probes succeeded" });
    standIn.count("retry", counted(20 + (poll % 17), poll % 5));
  };
  return standIn;
}

describe.each(PAGES)("while %s polls", (path) => {
  it("nothing but words moves on it for a minute, although everything changes", () => {
    const standIn = busy();
    return inBrowser(path, frozen(standIn), async (page) => {
      await page.getByText("Live · local").waitFor();
      await page.getByRole("heading", { level: 1 }).waitFor();
      await pass(page, standIn, 5);
      await page.evaluate(() => {
        const shifts: number[] = [];
        Object.assign(globalThis, { shifts });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) shifts.push(entry.value);
        }).observe({ type: "layout-shift" });
      });
      await passPolls(page, standIn, 30);
      const shifts = await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts);
      const sum = shifts.reduce((total, shift) => total + shift, 0);
      console.log(`layout shift of ${path} in a minute of polling: ${sum.toFixed(4)}, at most ${Math.max(0, ...shifts).toFixed(4)} at once`);
      expect(sum).toBeLessThan(MOVES_NOTHING);
    });
  });
});

async function heapAfterCollection(devtools: CDPSession): Promise<number> {
  for (let round = 0; round < 3; round += 1) await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = (await devtools.send("Runtime.getHeapUsage")) as { usedSize: number };
  return usedSize / 1024 / 1024;
}

/** A poll that left its answer behind would add a third; what a collection leaves differs by a tenth. */
const FLAT = 1.25;

// It takes as long as half of all the others together.
describe.runIf(process.env.THOROUGH)("over half an hour of polling", () => {
  it("the page's memory stays flat once it remembers its quarter of an hour", () => {
    const standIn = SCENES.closed();
    standIn.beforeEachPoll = (poll) => standIn.count("retry", counted(20 + (poll % 17), poll % 5));
    return inBrowser("/timeline", frozen(standIn), async (page) => {
      await page.getByText("Live · local").waitFor();
      const devtools = await page.context().newCDPSession(page);
      await pass(page, standIn, 16 * 60);
      const filled = await heapAfterCollection(devtools);
      await pass(page, standIn, 30 * 60);
      const after = await heapAfterCollection(devtools);
      console.log(`heap after 16 min: ${filled.toFixed(1)} MB, after 30 min more: ${after.toFixed(1)} MB, ${standIn.polls} polls`);
      expect(standIn.polls).toBeGreaterThan(1_200);
      expect(after).toBeLessThan(filled * FLAT);
    });
  }, 400_000);
});
