import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { violations } from "../harness/axe.ts";
import { inBrowser } from "../harness/browser.ts";
import { inspect, NARROW, WIDE } from "../harness/looks.ts";
import { SCENES } from "../harness/scenes.ts";
import { problem } from "../harness/standIn.ts";

const PAGES = [
  ["items", "/"],
  ["circuits", "/circuits"],
  ["timeline", "/timeline"],
  ["requests", "/requests"],
  ["faults", "/faults"],
  ["incident", "/incident"],
  ["timeline as a table", "/timeline?view=table&window=15"],
] as const;

const TROUBLES = [
  ["Store away", problem(503, "service-unavailable")],
  ["API down", "no answer"],
] as const;

/** The heading is what is sure to be on every page. */
const FLAWS = [
  ["an image without words", () => document.body.insertAdjacentHTML("beforeend", '<img src="/logo.svg">'), "all", /^image-alt/],
  ["pale words", () => document.querySelector("h1")?.style.setProperty("color", "#bbb"), "of colour", /^color-contrast/],
] as const;

const live = (page: Page) => page.getByText("Live · local").waitFor();
const loaded = async (page: Page) => {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await live(page);
};

describe.each(PAGES)("the page of the %s", (name, path) => {
  it.each(Object.entries(SCENES))("has nothing that axe objects to while the circuit is %s", (state, scene) =>
    inBrowser(path, { standIn: scene() }, async (page) => {
      await loaded(page);
      await inspect(page, `${name}-${state}`, state === "open" ? [WIDE, NARROW] : [WIDE]);
    }),
  );

  it("has nothing that axe objects to when the circuits' table is away or the API is down, and comes back", () => {
    const standIn = SCENES.open();
    return inBrowser(path, { standIn }, async (page) => {
      await loaded(page);
      for (const [words, trouble] of TROUBLES) {
        standIn.trouble = trouble;
        await page.getByText(words).waitFor();
        if (path === "/circuits") await page.getByText("This is the last known state").first().waitFor();
        await inspect(page, `${name}-${words}`, [WIDE]);
        standIn.trouble = null;
        await live(page);
      }
    });
  });
});

it.each(FLAWS)("%s is objected to", (_, flaw, rules, objection) =>
  inBrowser("/circuits", { standIn: SCENES.closed() }, async (page) => {
    await loaded(page);
    await page.evaluate(flaw);
    expect(await violations(page, rules)).toContainEqual(expect.stringMatching(objection));
  }),
);
