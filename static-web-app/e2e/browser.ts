import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import { type Browser, type BrowserContextOptions, chromium as engine, type Page } from "playwright-core";

export const WEB_URL = required("WEB_URL", "the address of the served page, such as http://127.0.0.1:4173");
const SCREENSHOTS_DIR = process.env.SCREENSHOTS_DIR;
/** Far more than any answer takes here; a condition that is not met by then never is. */
export const BOUND_MS = 20_000;

function required(name: string, meaning: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; it has to be ${meaning}`);
  return value;
}

/** The browser that comes inside the npm package, or the one that CHROMIUM_PATH names. */
export async function launchBrowser(): Promise<Browser> {
  return engine.launch({
    executablePath: process.env.CHROMIUM_PATH ?? (await chromium.executablePath()),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}

/** A page that collects what a user would never see: script errors and breaches of the security policy. */
export async function openPage(browser: Browser, path: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(BOUND_MS);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(message.text());
  });
  await page.goto(new URL(path, WEB_URL).href);
  return { page, faults, close: () => context.close() };
}

export async function screenshot(page: Page, name: string): Promise<void> {
  if (!SCREENSHOTS_DIR) return;
  await mkdir(SCREENSHOTS_DIR, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS_DIR, `${name}.png`), animations: "disabled" });
}
