import type { Page } from "playwright-core";
import { expect } from "vitest";
import { violations } from "./axe.ts";
import { BOUND_MS, screenshot } from "./browser.ts";

/** A desktop's window and a phone's. */
export const WIDE = { width: 1360, height: 900 };
export const NARROW = { width: 360, height: 740 };

const THEMES = ["light", "dark"] as const;

/** Waits for transitions to end, such as those from theme to theme; what turns for ever is not waited for. */
const settled = (page: Page) =>
  page.evaluate(async () => {
    const ending = document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity);
    await Promise.allSettled(ending.map((animation) => animation.finished));
  });

/** Waits until nothing of the page lies beyond its right edge: what is drawn to measure follows a new width a little later. */
export async function toFitSideways(page: Page): Promise<void> {
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(overflow, { timeout: BOUND_MS, message: "pixels beyond the right edge" }).toBe(0);
}

/**
 * Holds a page, as it is now, in both themes and the given windows to this: axe objects to nothing,
 * and nothing scrolls sideways. One load of the page serves all of its looks.
 */
export async function inspect(page: Page, picture: string, windows = [WIDE, NARROW]): Promise<void> {
  for (const window of windows) {
    await page.setViewportSize(window);
    await toFitSideways(page);
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      await settled(page);
      const look = `${picture}-${window.width}-${theme}`;
      await screenshot(page, look, true);
      expect(await violations(page, theme === THEMES[0] ? "all" : "of colour"), look).toEqual([]);
    }
  }
}
