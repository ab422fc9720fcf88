import type { Page, Route } from "playwright-core";
import { describe, it } from "vitest";
import { CIRCUIT_IN, item } from "../../tests/samples.ts";
import { inBrowser } from "../harness/browser.ts";
import { inspect, NARROW } from "../harness/looks.ts";
import { SCENES } from "../harness/scenes.ts";
import { STAND_IN_PATH } from "../harness/standIn.ts";

/** Answers one route in another way than the stand-in does. */
const answering = (method: string, path: string, answer: (route: Route) => Promise<void>) => (page: Page) =>
  page.route(`**${STAND_IN_PATH}${path}`, (route) => (route.request().method() === method ? answer(route) : route.fallback()));

function problem(status: number, slug: string, more: object = {}) {
  const title = slug.replaceAll("-", " ");
  const json = { type: `urn:breaker:problem:${slug}`, title, status, detail: `Detail of ${slug}.`, request_id: "r-1", ...more };
  return (route: Route) => route.fulfill({ status, json });
}

const goTo = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();

/** Done on a phone, where the least fits; then looked at there and in a wide window. */
const look = { viewport: NARROW };

describe("axe objects to nothing and nothing scrolls sideways, in either theme, narrow or wide", () => {
  it("of requests, with the way of one", () =>
    inBrowser("/", { standIn: SCENES.open(), ...look }, async (page) => {
      await page.getByTestId("source").first().waitFor();
      await goTo(page, "Requests");
      await page.getByRole("radiogroup", { name: "Requests, newest first" }).getByRole("radio").first().check({ force: true });
      await page.getByText("The same as a table").click();
      await page.getByRole("rowheader", { name: "Fallback" }).waitFor();
      await inspect(page, "requests");
    }));

  it("of faults, with one in force and a form open", () =>
    inBrowser("/faults", { standIn: SCENES.open(), ...look }, async (page) => {
      await page.getByRole("region", { name: "Faults in force" }).waitFor();
      await page.getByRole("button", { name: "Set a fault of the Cache" }).click();
      await page.getByRole("button", { name: "Latency" }).or(page.getByRole("button", { name: /Kind/ })).first().click();
      await page.keyboard.press("Escape");
      await inspect(page, "faults");
    }));

  it("of faults, where the stage refuses them", () => {
    const before = answering("GET", "/faults", (route) => route.fulfill({ json: { allowed: false, faults: {} } }));
    return inBrowser("/faults", { standIn: SCENES.closed(), before, ...look }, async (page) => {
      await page.getByText("This stage does not let anybody inject faults").waitFor();
      await inspect(page, "faults-refused");
    });
  });

  it("of the incident, under way", () =>
    inBrowser("/incident", { standIn: SCENES.closed(), ...look }, async (page) => {
      await page.getByRole("button", { name: "Begin" }).click();
      await page.getByRole("button", { name: "Read items" }).click();
      await page.getByRole("button", { name: "Next: Put load on it" }).click();
      await page.getByRole("button", { name: "Start the load" }).waitFor();
      await inspect(page, "incident");
    }));

  it("of a conflict", () => {
    const theirs = item({ quantity: 77, description: "On a drum", version: 4 });
    const before = async (page: Page) => {
      await answering("PUT", "/items/*", problem(412, "version-mismatch"))(page);
      const served = { source: "database", degraded: false, as_of: new Date().toISOString(), circuit: "closed", attempts: [] };
      await answering("GET", "/items/*", (route) => route.fulfill({ json: { data: theirs, served } }))(page);
    };
    return inBrowser("/", { standIn: SCENES.closed(), before, ...look }, async (page) => {
      await page.getByRole("button", { name: "Edit Copper wire" }).click();
      await page.getByLabel("Quantity").fill("5");
      await page.getByLabel("Quantity").press("Enter");
      await page.getByText("both changed it: choose one").waitFor();
      await inspect(page, "conflict");
    });
  });

  it("of a circuit's policy", () =>
    inBrowser("/circuits", { standIn: SCENES.open(), ...look }, async (page) => {
      await page.getByRole("button", { name: "Policy of retry" }).click();
      await page.getByRole("dialog", { name: "Policy of retry" }).waitFor();
      await inspect(page, "policy");
    }));

  it("of an override, with mistakes and before it is placed", () =>
    inBrowser("/circuits", { standIn: SCENES.closed(), ...look }, async (page) => {
      await page.getByRole("button", { name: "Override retry" }).click();
      const dialog = page.getByRole("dialog", { name: "Override retry" });
      await dialog.getByLabel("Ends after (minutes)").fill("soon");
      await dialog.getByRole("button", { name: "Review" }).click();
      await dialog.getByText("Say why; it ends up in the audit trail.").waitFor();
      await inspect(page, "override-mistakes");
      await dialog.getByLabel("Reason").fill("The database is being moved");
      await dialog.getByLabel("Your name (optional)").fill("jo");
      await dialog.getByLabel("Ends after (minutes)").fill("15");
      await dialog.getByRole("button", { name: "Review" }).click();
      await dialog.getByRole("button", { name: "Force open now" }).waitFor();
      await inspect(page, "override-review");
    }));

  it("of the withdrawal of an override", () => {
    const standIn = SCENES.closed();
    standIn.circuits = [CIRCUIT_IN.forced_open()];
    return inBrowser("/circuits", { standIn, ...look }, async (page) => {
      await page.getByRole("button", { name: "Withdraw the override of retry" }).click();
      await page.getByRole("dialog", { name: "Withdraw the override" }).waitFor();
      await inspect(page, "override-withdrawn");
    });
  });

  it("of the deletion of an item", () =>
    inBrowser("/", { standIn: SCENES.closed(), ...look }, async (page) => {
      await page.getByRole("button", { name: "Delete Copper wire" }).click();
      await page.getByRole("dialog").waitFor();
      await inspect(page, "delete");
    }));

  it("of a write that is refused for now", () => {
    const before = answering("POST", "/items", problem(503, "service-unavailable", { retry_after_s: 12 }));
    return inBrowser("/", { standIn: SCENES.open(), before, ...look }, async (page) => {
      await page.getByRole("button", { name: "Create item" }).click();
      await page.getByRole("dialog").getByLabel("Name").fill("Busbar");
      await page.getByRole("button", { name: "Create", exact: true }).click();
      await page.getByText(/The API expects to take this again in/).waitFor();
      await inspect(page, "write-refused");
    });
  });
});
