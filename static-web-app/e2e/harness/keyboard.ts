import type { Locator } from "playwright-core";
import { expect } from "vitest";
import { BOUND_MS } from "./browser.ts";

/** More than any page here has of what the tabulator stops at. */
const STOPS = 120;

const hasFocus = (wanted: Locator) => wanted.evaluate((element) => element === document.activeElement);

/** Goes to something as somebody without a mouse gets to it: by the tabulator, from where the focus is. */
export async function tabTo(wanted: Locator): Promise<void> {
  await wanted.waitFor();
  for (let stops = 0; stops < STOPS; stops += 1) {
    if (await hasFocus(wanted)) return;
    await wanted.page().keyboard.press("Tab");
  }
  throw new Error(`the tabulator does not lead to ${String(wanted)}`);
}

/** Waits until something has the focus, however it came by it. */
export async function toHaveFocus(wanted: Locator): Promise<void> {
  await wanted.waitFor();
  await expect.poll(() => hasFocus(wanted), { timeout: BOUND_MS, message: `the focus at ${String(wanted)}` }).toBe(true);
}
