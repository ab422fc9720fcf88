import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { violations } from "../harness/axe.ts";
import { inBrowser, screenshot } from "../harness/browser.ts";
import { SCENES } from "../harness/scenes.ts";
import { problem, StandIn } from "../harness/standIn.ts";

const PAGES = [
  ["items", "/"],
  ["circuits", "/circuits"],
  ["timeline", "/timeline"],
  ["requests", "/requests"],
  ["faults", "/faults"],
  ["incident", "/incident"],
  ["timeline as a table", "/timeline?view=table&window=15"],
] as const;
const THEMES = ["light", "dark"] as const;

const loaded = async (page: Page) => {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByText("Live · local").waitFor();
};

async function inspect(page: Page, picture: string, narrow = false) {
  await screenshot(page, picture, true);
  expect(await violations(page)).toEqual([]);
  if (!narrow) return;
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow).toBe(0);
}

describe.each(THEMES)("in the %s theme", (colorScheme) => {
  describe.each(PAGES)("the page of the %s", (name, path) => {
    it.each(Object.entries(SCENES))("has nothing that axe objects to while the circuit is %s", (state, scene) =>
      inBrowser(path, { standIn: scene(), colorScheme }, async (page) => {
        await loaded(page);
        await inspect(page, `${name}-${state}-${colorScheme}`);
      }),
    );

    it("has nothing that axe objects to at 360 pixels, and no sideways scrolling", () =>
      inBrowser(path, { standIn: SCENES.open(), colorScheme, viewport: { width: 360, height: 740 } }, async (page) => {
        await loaded(page);
        await inspect(page, `${name}-360-${colorScheme}`, true);
      }),
    );

    it.each([
      ["the circuits' table is away", problem(503, "service-unavailable"), "Store away"],
      ["the API is down", "no answer", "API down"],
    ] as const)("has nothing that axe objects to when %s, and comes back", (_, trouble, words) => {
      const standIn: StandIn = SCENES.open();
      return inBrowser(path, { standIn, colorScheme }, async (page) => {
        await loaded(page);
        standIn.trouble = trouble;
        await page.getByText(words).waitFor();
        if (path === "/circuits") await page.getByText("This is the last known state").first().waitFor();
        await inspect(page, `${name}-${words}-${colorScheme}`);
        standIn.trouble = null;
        await page.getByText("Live · local").waitFor();
      });
    });
  });
});
