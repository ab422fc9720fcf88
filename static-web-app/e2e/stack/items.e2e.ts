import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { inBrowser, screenshot } from "../harness/browser.ts";
import { NARROW, toFitSideways } from "../harness/looks.ts";

const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

describe("the page on the running stack", () => {
  it("creates, edits and deletes an item, and says where each answer came from", () =>
    inBrowser("/", {}, async (page) => {
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
    }));

  it("shows the circuit retry closed", () =>
    inBrowser("/circuits", { colorScheme: "dark" }, async (page) => {
      const circuit = page.getByRole("article", { name: "Circuit retry" });
      await circuit.getByTestId("state").filter({ hasText: "Closed" }).waitFor();
      await circuit.getByRole("meter", { name: "Failure rate" }).waitFor();
      await page.getByText("Live · local").waitFor();
      await screenshot(page, "circuits-dark");
    }));

  it("remembers the chosen theme", () =>
    inBrowser("/", {}, async (page) => {
      await page.getByTitle("dark theme").click();
      await page.reload();
      await page.getByTestId("source").first().waitFor();
      expect(await page.getByRole("radio", { name: "dark" }).isChecked()).toBe(true);
      expect(await page.evaluate(() => document.body.classList.contains("awsui-dark-mode"))).toBe(true);
      await screenshot(page, "items-dark");
    }));

  it.each(["/", "/circuits"])("needs no sideways scrolling of %s at 360 pixels", (path) =>
    inBrowser(path, { viewport: NARROW }, async (page) => {
      await page.getByText("retry", { exact: true }).first().waitFor();
      if (path === "/") await page.getByTestId("source").first().waitFor();
      await toFitSideways(page);
      await screenshot(page, path === "/" ? "items-360" : "circuits-360");
    }));
});
