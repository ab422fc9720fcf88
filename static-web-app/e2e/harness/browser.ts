import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import { type Browser, type BrowserContextOptions, chromium as engine, type Page } from "playwright-core";
import { afterAll } from "vitest";
import type { StandIn } from "./standIn.ts";

const SCREENSHOTS_DIR = process.env.SCREENSHOTS_DIR;
/** Far more than any answer takes here; a condition that is not met by then never is. */
export const BOUND_MS = 20_000;

/** Where the page is served: on the stack that is tested, or by `previewServer.ts`. */
export function webUrl(): string {
  const url = process.env.WEB_URL;
  if (!url) throw new Error("WEB_URL is not set; it has to be the address of the served page, such as http://127.0.0.1:4173");
  return url;
}

/** The browser that comes inside the npm package, or the one that CHROMIUM_PATH names. */
async function launchBrowser(): Promise<Browser> {
  return engine.launch({
    executablePath: process.env.CHROMIUM_PATH ?? (await chromium.executablePath()),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", ...(process.env.CHROMIUM_ARGS?.split(" ") ?? [])],
  });
}

export interface Opened extends BrowserContextOptions {
  /** Answers in the API's place. */
  standIn?: StandIn;
  /** What to do with the page before it is gone to. */
  before?: (page: Page) => Promise<unknown>;
}

/** A page that collects what a user would never see: script errors and breaches of the security policy. */
async function openPage(browser: Browser, path: string, { standIn, before, ...options }: Opened = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(BOUND_MS);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(message.text());
  });
  await standIn?.serve(page);
  await before?.(page);
  await page.goto(new URL(path, webUrl()).href);
  return { page, faults, close: () => context.close() };
}

/** The browser of this file of tests; another one once it has ended. */
let launched: Browser | undefined;
afterAll(() => launched?.close());

/**
 * Runs a test on a page of its own, with cookies and storage of its own, in the browser that the
 * tests of one file share, and fails it for what a user would never see.
 */
export async function inBrowser(path: string, options: Opened, test: (page: Page) => Promise<void>): Promise<void> {
  if (!launched?.isConnected()) launched = await launchBrowser();
  const { page, faults, close } = await openPage(launched, path, options);
  try {
    await test(page);
    if (faults.length > 0) throw new Error(`the page complained:\n${faults.join("\n")}`);
  } finally {
    await close();
  }
}

export async function screenshot(page: Page, name: string, fullPage = false): Promise<void> {
  if (!SCREENSHOTS_DIR) return;
  await mkdir(SCREENSHOTS_DIR, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS_DIR, `${name.replaceAll(" ", "-")}.png`), animations: "disabled", fullPage });
}
