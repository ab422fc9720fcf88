import type { Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inBrowser, screenshot } from "../harness/browser.ts";
import { callApi, CIRCUIT_BOUND_MS, heal } from "../harness/stack.ts";

beforeEach(heal, CIRCUIT_BOUND_MS);
afterEach(heal, CIRCUIT_BOUND_MS);

const timeout = CIRCUIT_BOUND_MS;

async function startLoad(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Start \d+ requests/ }).click();
  await page.getByRole("region", { name: "Running load" }).waitFor();
}

const goTo = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();
const state = (page: Page, words: string) =>
  page.getByRole("article", { name: "Circuit retry" }).getByTestId("state").filter({ hasText: words });

describe("faults on the running stack", () => {
  it("trip the circuit, every page follows, and it recovers", { timeout: 400_000 }, () =>
    inBrowser("/", {}, async (page) => {
      await page.getByTestId("source").first().waitFor();
      await goTo(page, "Faults");
      await page.getByRole("button", { name: "Start: Database down" }).click();
      const banner = page.getByRole("region", { name: "Faults in force" });
      await banner.filter({ hasText: /Database: all calls fail at once, ends in \d+ s/ }).waitFor();
      await startLoad(page);
      await page.getByRole("link", { name: /^retry Open/ }).waitFor({ timeout });
      await page.getByText(/The API has asked to come back in|fallback, degraded/).first().waitFor();
      await screenshot(page, "faults-open", true);

      await goTo(page, "Circuits");
      await state(page, "Open").waitFor({ timeout });

      await goTo(page, "Items");
      await page.getByTestId("source").first().filter({ hasText: "fallbackdegraded" }).waitFor();
      await page.getByText("Degraded: these items may be out of date").waitFor();
      await screenshot(page, "items-degraded");

      await goTo(page, "Requests");
      await page.getByRole("radio", { name: /degraded/ }).first().check({ force: true });
      await page.getByRole("region", { name: /^GET/ }).getByText("fallback, degraded").waitFor();
      await screenshot(page, "requests-degraded", true);

      await banner.getByRole("button", { name: "Stop the fault" }).click();
      await banner.waitFor({ state: "detached" });
      await goTo(page, "Faults");
      const running = page.getByRole("region", { name: "Running load" });
      if (await running.isVisible()) await running.getByRole("button").click();
      await startLoad(page);
      await goTo(page, "Circuits");
      await state(page, "Closed").waitFor({ timeout });
      await goTo(page, "Items");
      await page.getByTestId("source").first().filter({ hasText: /^(database|cache)$/ }).waitFor({ timeout });
    }),
  );

  it("are not needed for a load, whose writes leave nothing behind", { timeout: 200_000 }, () =>
    inBrowser("/faults", {}, async (page) => {
      const writes: string[] = [];
      let written = "";
      page.on("response", (response) => {
        const method = response.request().method();
        if (method === "GET" || method === "OPTIONS") return;
        writes.push(`${method} ${response.status()}`);
        if (method === "PUT") written = new URL(response.url()).pathname.replace(/^.*(?=\/items\/)/, "");
      });
      await page.getByText("Both, and writes").click();
      await page.getByRole("slider", { name: "Seconds" }).press("Home");
      await page.getByText("for 5 seconds").waitFor();
      await startLoad(page);
      await page.getByText("The load is over.").waitFor({ timeout });
      await expect.poll(() => writes.at(-1), { timeout }).toBe("DELETE 204");
      expect(writes[0]).toBe("POST 201");
      expect(writes.slice(1, -1)).toContain("PUT 200");
      expect((await callApi("GET", written)).status).toBe(404);
    }),
  );
});
