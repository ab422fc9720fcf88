import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, openPage, screenshot } from "../harness/browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

describe("the page on the running stack", () => {
  it("creates, edits and deletes an item, and says where each answer came from", async () => {
    const { page, faults, close } = await openPage(browser, "/");
    const name = `Spare lever ${Date.now()}`;

    await page.getByTestId("source").first().waitFor();
    expect(await page.getByTestId("source").first().textContent()).toMatch(/^(database|cache)$/);

    await page.getByRole("button", { name: "Create item" }).click();
    await page.getByRole("dialog", { name: "Create item" }).getByLabel("Name").and(page.locator(":focus")).waitFor();
    await page.keyboard.type(name);
    await page.getByLabel("Description").fill("made by the end-to-end test");
    await page.getByLabel("Quantity").fill("41");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const created = page.getByRole("status").filter({ hasText: `Created ${name}, version 1` });
    await created.waitFor();
    expect(await created.getByTestId("source").textContent()).toBe("database");
    await row(page, name).waitFor();
    await screenshot(page, "items-light");

    await page.getByRole("button", { name: `Edit ${name}` }).click();
    await page.getByLabel("Quantity").fill("42");
    await page.getByLabel("Quantity").press("Enter");
    await page.getByText(`Saved ${name}, version 2`).waitFor();
    await row(page, name).filter({ hasText: "42" }).waitFor();

    await page.getByRole("button", { name: `Delete ${name}` }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText(`Deleted ${name}`).waitFor();
    await row(page, name).waitFor({ state: "detached" });

    expect(faults).toEqual([]);
    await close();
  });

  it("shows the circuit retry closed", async () => {
    const { page, faults, close } = await openPage(browser, "/circuits", { colorScheme: "dark" });
    const circuit = page.getByRole("article", { name: "Circuit retry" });
    await circuit.getByTestId("state").filter({ hasText: "Closed" }).waitFor();
    await circuit.getByRole("meter", { name: "Failure rate" }).waitFor();
    await page.getByText("Live · local").waitFor();
    await screenshot(page, "circuits-dark");
    expect(faults).toEqual([]);
    await close();
  });

  it("remembers the chosen theme", async () => {
    const { page, close } = await openPage(browser, "/");
    await page.getByTitle("dark theme").click();
    await page.reload();
    await page.getByTestId("source").first().waitFor();
    expect(await page.getByRole("radio", { name: "dark" }).isChecked()).toBe(true);
    expect(await page.evaluate(() => document.body.classList.contains("awsui-dark-mode"))).toBe(true);
    await screenshot(page, "items-dark");
    await close();
  });

  it.each(["/", "/circuits"])("needs no sideways scrolling of %s at 360 pixels", async (path) => {
    const { page, close } = await openPage(browser, path, { viewport: { width: 360, height: 740 } });
    await page.getByText("retry", { exact: true }).first().waitFor();
    if (path === "/") await page.getByTestId("source").first().waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow).toBe(0);
    await screenshot(page, path === "/" ? "items-360" : "circuits-360");
    await close();
  });
});
