import { describe, expect, it } from "vitest";
import { inBrowser, screenshot } from "../harness/browser.ts";
import { callApi, heal } from "../harness/stack.ts";

interface Answer {
  data: { id: string; version: number; quantity: number; description: string };
}

async function create(name: string): Promise<Answer["data"]> {
  const created = await callApi("POST", "/items", { name, description: "as it was", quantity: 1 });
  return ((await created.json()) as Answer).data;
}

describe("an item that two people write", () => {
  it("is resolved side by side, and both changes are kept", async () => {
    await heal();
    const name = `Conflict ${Date.now()}`;
    const { id } = await create(name);
    await inBrowser("/", {}, async (page) => {
      await page.getByRole("button", { name: `Edit ${name}` }).click();
      await page.getByLabel("Quantity").fill("42");
      const theirs = { name, description: "as the other one left it", quantity: 1 };
      expect((await callApi("PUT", `/items/${id}`, theirs)).status).toBe(200);
      await page.getByLabel("Quantity").press("Enter");
      await page.getByText("Not saved: somebody else changed this item").waitFor();
      const quantity = page.getByRole("group", { name: /^Quantity/ });
      const description = page.getByRole("group", { name: /^Description/ });
      expect(await quantity.getByRole("radio", { name: /Yours/ }).isChecked()).toBe(true);
      expect(await description.getByRole("radio", { name: /Theirs/ }).isChecked()).toBe(true);
      await screenshot(page, "conflict");
      await page.getByRole("button", { name: "Save as version 3" }).click();
      await page.getByText(`Saved ${name}, version 3`).waitFor();
    });
    const { data } = (await (await callApi("GET", `/items/${id}`)).json()) as Answer;
    expect(data).toMatchObject({ version: 3, quantity: 42, description: "as the other one left it" });
    await callApi("DELETE", `/items/${id}`);
  });
});

describe("an API that goes away and comes back", () => {
  it("is told, what was known stays, and the list recovers by itself", () =>
    inBrowser("/", {}, async (page) => {
      await page.getByTestId("source").first().waitFor();
      const rows = await page.getByRole("row").count();
      const everything = /execute-api|\/items|\/circuits/;
      await page.route(everything, (route) => route.abort("connectionrefused"));
      await page.getByRole("button", { name: "Refresh items" }).click();
      await page.getByText("Items could not be loaded: the API cannot be reached").waitFor();
      await page.getByText("API down").waitFor();
      expect(await page.getByRole("row").count()).toBe(rows);
      await screenshot(page, "items-api-down");
      await page.unroute(everything);
      await page.getByText("Live · local").waitFor();
      await page.getByText("Items could not be loaded").waitFor({ state: "detached" });
    }));
});
