import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Circuit } from "../../src/api/client.ts";
import { secondsAgo } from "../../tests/samples.ts";
import { BOUND_MS, inBrowser } from "../harness/browser.ts";
import { tabTo, toHaveFocus } from "../harness/keyboard.ts";
import { SCENES } from "../harness/scenes.ts";
import type { StandIn } from "../harness/standIn.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** Takes overrides of `retry` as the API does. */
function orderable(): StandIn {
  const standIn = SCENES.closed();
  const put = (override: Circuit["override"]) => {
    standIn.circuits = standIn.circuits.map((circuit) => (circuit.name === "retry" ? { ...circuit, override } : circuit));
  };
  standIn.also = (request) => {
    if (!request.url().endsWith("/circuits/retry/override")) return null;
    if (request.method() === "DELETE") put(null);
    else {
      const { expires_in_s, ...override } = request.postDataJSON();
      put({ ...override, expires_at: secondsAgo(-expires_in_s) });
    }
    return { status: 200, body: standIn.circuits.find(({ name }) => name === "retry") };
  };
  return standIn;
}

async function placeOverride(page: Page): Promise<void> {
  await tabTo(button(page, "Override retry"));
  await page.keyboard.press("Enter");
  await tabTo(page.getByRole("radio", { name: "Force open" }));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.type("drill");
  await page.keyboard.press("Tab");
  await page.keyboard.type("jo");
  await page.keyboard.press("Enter");
  await toHaveFocus(button(page, "Close without an override"));
  await tabTo(button(page, "Force closed now"));
  await page.keyboard.press("Enter");
}

describe("by the keyboard alone", () => {
  it("the policy of a circuit is opened, read and left, and the focus is where it was", () =>
    inBrowser("/circuits", { standIn: SCENES.open() }, async (page) => {
      const policy = button(page, "Policy of retry");
      await tabTo(policy);
      await page.keyboard.press("Enter");
      await toHaveFocus(button(page, "Close"));
      await page.getByRole("dialog", { name: "Policy of retry" }).waitFor();
      await page.keyboard.press("Escape");
      await toHaveFocus(policy);
      await page.keyboard.press("Enter");
      await toHaveFocus(button(page, "Close"));
      await page.keyboard.press("Enter");
      await toHaveFocus(policy);
    }),
  );

  it("an override is placed and withdrawn, and the focus stays beside it", () =>
    inBrowser("/circuits", { standIn: orderable() }, async (page) => {
      await placeOverride(page);
      await toHaveFocus(button(page, "Change the override of retry"));
      await page.keyboard.press("Shift+Tab");
      await toHaveFocus(button(page, "Withdraw the override of retry"));
      await page.keyboard.press("Enter");
      await tabTo(button(page, "Withdraw"));
      await page.keyboard.press("Enter");
      await toHaveFocus(button(page, "Override retry"));
    }),
  );

  it("who stands at the button to withdraw an override that ends goes on beside it", () => {
    const standIn = orderable();
    return inBrowser("/circuits", { standIn }, async (page) => {
      await placeOverride(page);
      await tabTo(button(page, "Withdraw the override of retry"));
      standIn.circuits = standIn.circuits.map((circuit) => ({ ...circuit, override: null }));
      await toHaveFocus(button(page, "Override retry"));
    });
  });

  it("a dialog that outlives the button that opened it gives the focus to the one beside", () => {
    const standIn = orderable();
    return inBrowser("/circuits", { standIn }, async (page) => {
      await placeOverride(page);
      await tabTo(button(page, "Withdraw the override of retry"));
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      standIn.circuits = standIn.circuits.map((circuit) => ({ ...circuit, override: null }));
      await button(page, "Withdraw the override of retry").waitFor({ state: "detached" });
      await page.keyboard.press("Escape");
      await toHaveFocus(button(page, "Override retry"));
    });
  });

  it("who stops a fault, and so removes the button for it, stands where they were before", () => {
    const standIn = SCENES.open();
    standIn.also = (request) => {
      if (request.method() !== "DELETE" || !request.url().endsWith("/faults")) return null;
      standIn.faults = {};
      return { status: 200, body: { allowed: true, faults: {} } };
    };
    return inBrowser("/circuits", { standIn }, async (page) => {
      await tabTo(button(page, "Policy of retry"));
      const stop = button(page, "Stop the fault");
      await stop.focus();
      await page.keyboard.press("Enter");
      await stop.waitFor({ state: "detached" });
      await toHaveFocus(button(page, "Policy of retry"));
    });
  });

  it("who starts what is disabled while it runs, and fails, stands at it again", () => {
    const standIn = SCENES.open();
    return inBrowser("/circuits", { standIn }, async (page) => {
      const stop = button(page, "Stop the fault");
      await tabTo(stop);
      await page.keyboard.press("Enter");
      await page.getByText("The faults could not be stopped").waitFor();
      await toHaveFocus(stop);
    });
  });

  it("who deletes an item goes on in the table", () => {
    const standIn = SCENES.closed();
    standIn.also = (request) => {
      if (request.method() !== "DELETE") return null;
      standIn.items = standIn.items.slice(1);
      return { status: 204 };
    };
    return inBrowser("/", { standIn }, async (page) => {
      await tabTo(button(page, "Delete Copper wire"));
      await page.keyboard.press("Enter");
      await tabTo(page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }));
      await page.keyboard.press("Enter");
      await button(page, "Delete Copper wire").waitFor({ state: "detached" });
      await toHaveFocus(button(page, "Edit Two-pole voltage tester"));
    });
  });

  it("the timeline is zoomed, held, moved to and fro, and shown as a table", () =>
    inBrowser("/timeline", { standIn: SCENES.open() }, async (page) => {
      const address = () => new URL(page.url()).searchParams;
      await tabTo(button(page, "1 min"));
      await page.keyboard.press("Enter");
      await expect.poll(() => address().get("window"), { timeout: BOUND_MS }).toBe("1");
      const earlier = button(page, "Earlier");
      await tabTo(earlier);
      await page.keyboard.press("Enter");
      await button(page, "Follow").waitFor();
      const held = Date.parse(address().get("until") ?? "");
      expect(held).toBeLessThan(Date.now() - 20_000);
      const later = button(page, "Later");
      await tabTo(later);
      await page.keyboard.press("Enter");
      await page.keyboard.press("Enter");
      await button(page, "Hold").waitFor();
      await toHaveFocus(later);
      await tabTo(button(page, "Table"));
      await page.keyboard.press("Enter");
      await page.getByRole("table", { name: "States of retry" }).waitFor();
      await toHaveFocus(button(page, "Table"));
    }),
  );
});
