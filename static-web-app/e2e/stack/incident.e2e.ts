import type { Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inBrowser, screenshot } from "../harness/browser.ts";
import { tabTo } from "../harness/keyboard.ts";
import { callApi, CIRCUIT_BOUND_MS, heal } from "../harness/stack.ts";

const WALK = [
  "Begin",
  "Read items",
  "Next: Put load on it",
  "Start the load",
  "Next: Take the database away",
  "Break the database",
  "Next: The circuit opens",
  "Next: A write is refused",
  "Try to create an item",
  "Next: The database comes back",
  "Bring the database back",
  "Next: The way back",
  "Finish",
];

const evidence = (page: Page, title: string) => page.getByRole("list", { name: `Evidence of: ${title}` });

beforeEach(heal, CIRCUIT_BOUND_MS);
afterEach(heal, CIRCUIT_BOUND_MS);

describe("the guided incident on the running stack", () => {
  it("leads from health through an outage to recovery, by the keyboard alone", { timeout: 300_000 }, () =>
    inBrowser("/incident", {}, async (page) => {
      await tabTo(page.getByRole("button", { name: "Begin", exact: true }));
      for (const label of WALK) {
        await page.getByRole("button", { name: label, exact: true }).waitFor({ timeout: CIRCUIT_BOUND_MS });
        if (label === "Next: A write is refused") await screenshot(page, "incident-open");
        await page.keyboard.press("Enter");
      }
      await page.getByText("The incident is over").waitFor();
      await screenshot(page, "incident-over", true);
      for (const [title, seen] of [
        ["Take the database away", /labelled as degraded: \d+ requests?/],
        ["The circuit opens", /The circuit opens: .*(failed|slow)/],
        ["A write is refused", /503, Retry-After: \d+ s/],
        ["The way back", /The circuit closes: .*probes succeeded/],
      ] as const) {
        expect(await evidence(page, title).textContent()).toMatch(seen);
      }
      expect(await page.getByRole("img", { name: "not seen yet" }).count()).toBe(0);
      expect(await (await callApi("GET", "/faults")).json()).toEqual({ allowed: true, faults: {} });
    }),
  );

  it("stops what it started when it is left in the middle", { timeout: 300_000 }, () =>
    inBrowser("/incident", {}, async (page) => {
      for (const label of WALK.slice(0, WALK.indexOf("Next: The circuit opens"))) {
        await page.getByRole("button", { name: label, exact: true }).click({ timeout: CIRCUIT_BOUND_MS });
      }
      await page.getByRole("region", { name: "Faults in force" }).waitFor();
      await page.getByRole("link", { name: "Circuits", exact: true }).click();
      await page.getByRole("region", { name: "Faults in force" }).waitFor({ state: "detached" });
      await page.getByRole("region", { name: "Running load" }).waitFor({ state: "detached" });
      expect(await (await callApi("GET", "/faults")).json()).toEqual({ allowed: true, faults: {} });
    }),
  );
});
