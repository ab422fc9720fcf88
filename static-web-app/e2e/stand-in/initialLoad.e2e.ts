import { describe, expect, it } from "vitest";
import { inBrowser } from "../harness/browser.ts";
import { SCENES } from "../harness/scenes.ts";

/** A phone is some four times slower than the machine that this runs on. */
const SLOWER = 4;
const BOUND_MS = 10_000;

describe("a first visit", () => {
  it.each([
    ["/", "Create item"],
    ["/circuits", "Override retry"],
  ])("to %s can be used soon", (path, control) =>
    inBrowser(
      path,
      {
        standIn: SCENES.closed(),
        async before(page) {
          const devtools = await page.context().newCDPSession(page);
          await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
        },
      },
      async (page) => {
        await page.getByRole("button", { name: control }).click();
        await page.getByRole("dialog").waitFor();
        const { shown, used } = await page.evaluate(() => ({
          shown: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
          used: performance.now(),
        }));
        console.log(`${path} on a processor ${SLOWER} times slower: first paint after ${shown.toFixed(0)} ms, a dialog is open after ${used.toFixed(0)} ms`);
        expect(used).toBeLessThan(BOUND_MS);
      },
    ));
});
