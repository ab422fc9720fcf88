import type { Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { inBrowser, screenshot, webUrl } from "../harness/browser.ts";

let apiUrl: string;
beforeAll(async () => {
  const config = (await (await fetch(new URL("/config.json", webUrl()))).json()) as { apiUrl: string };
  apiUrl = config.apiUrl;
});

async function ask(method: string, path: string, body?: unknown): Promise<void> {
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  await response.body?.cancel();
}

/** The stack is others' too: it is left as it was found. */
afterEach(async () => {
  await ask("DELETE", "/faults");
  await ask("DELETE", "/circuits/retry/override");
});

/** Calls until something is so; each call is evidence for the circuit. */
async function callingUntil(something: Promise<void>): Promise<void> {
  let waiting = true;
  const over = something.finally(() => (waiting = false));
  while (waiting) await Promise.race([over, Promise.all(Array.from({ length: 4 }, () => ask("GET", "/items")))]);
  await over;
}

const card = (page: Page) => page.getByRole("article", { name: "Circuit retry" });
const state = (page: Page, words: RegExp) => card(page).getByTestId("state").filter({ hasText: words }).waitFor({ timeout: 60_000 });

describe("the circuits on the running stack", () => {
  it("trip, are told why, and come back, in cards, ribbon and announcements", () =>
    inBrowser("/circuits", {}, async (page) => {
      await callingUntil(state(page, /^Closed$/));
      await ask("PUT", "/faults/retry", { kind: "error", expires_in_s: 90 });
      await callingUntil(state(page, /^Open$/));
      await card(page).getByText(/Calls are refused\./).waitFor();
      await card(page).getByText("Opened").waitFor();
      await page.getByTestId("announcer").filter({ hasText: /Circuit retry: .* to Open\./ }).waitFor({ state: "attached" });
      await screenshot(page, "circuits-tripped-on-the-stack", true);
      await ask("DELETE", "/faults");
      await callingUntil(state(page, /^(Ramping|Closed)$/));
      await callingUntil(state(page, /^Closed$/));
      await card(page).getByText(/Last trip:/).waitFor();
      await page.getByRole("link", { name: "Timeline" }).first().click();
      await page.getByRole("img", { name: /^retry: .*open for .*closed for/ }).waitFor();
      await page.getByRole("img", { name: /^Faults: retry: error/ }).waitFor();
      expect(await page.getByTestId("mark").count()).toBeGreaterThanOrEqual(2);
      await screenshot(page, "timeline-on-the-stack", true);
    }));

  it("obey an override that is placed, confirmed and withdrawn from the page, and keep a trail of it", () =>
    inBrowser("/circuits", {}, async (page) => {
      await state(page, /./);
      await card(page).getByRole("button", { name: "Override retry" }).click();
      await page.getByLabel("Reason").fill("end-to-end drill");
      await page.getByLabel("Your name (optional)").fill("e2e");
      await page.getByLabel("Ends after (minutes)").fill("1");
      await page.getByRole("button", { name: "Review" }).click();
      await page.getByRole("button", { name: "Force open now" }).click();
      await state(page, /^Forced open$/);
      await card(page).getByText("by e2e: end-to-end drill").waitFor();
      await card(page).getByText(/^Ends in \d+ s$/).waitFor();
      await screenshot(page, "circuits-forced-open-on-the-stack", true);
      await card(page).getByRole("button", { name: "Withdraw the override of retry" }).click();
      await page.getByRole("button", { name: "Withdraw", exact: true }).click();
      await state(page, /^(Closed|Ramping|Half-open|Open)$/);
      await card(page).getByText(/^end-to-end drill · until .+ · epoch \d+$/).first().waitFor();
    }));

  it("show an override that ends by itself", () =>
    inBrowser("/circuits", {}, async (page) => {
      await state(page, /./);
      await ask("PUT", "/circuits/retry/override", { mode: "shadow", reason: "short drill", display_name: "e2e", expires_in_s: 8 });
      await state(page, /^Shadow$/);
      await state(page, /^(Closed|Ramping)$/);
      await card(page).getByText("No override: the rules decide.").waitFor();
      await card(page).getByRole("listitem").first().getByText(/^the override ran out · epoch \d+$/).waitFor();
    }));
});
