import { screen, waitFor, within } from "@testing-library/react";
import type { UserEvent } from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { Item } from "@/api/client";
import { answersItems, api, at, problem } from "./api";
import { openPage } from "./page";
import { item, servedBy } from "./samples";

const read = (data: Item) => HttpResponse.json({ data, served: servedBy("database") });

interface Write {
  ifMatch: string | null;
  body: unknown;
}

/** Somebody else has saved `theirs` under the editor's hands; writes on its version are taken. */
function overtaken(theirs: Item): Write[] {
  const writes: Write[] = [];
  api.use(
    answersItems([item()]),
    http.get(at("/items/:id"), () => read(theirs)),
    http.put(at("/items/:id"), async ({ request }) => {
      const [ifMatch, body] = [request.headers.get("if-match"), (await request.json()) as Partial<Item>];
      writes.push({ ifMatch, body });
      if (ifMatch !== `"${theirs.version}"`) return problem(412, "version-mismatch");
      return read({ ...theirs, ...body, version: theirs.version + 1 });
    }),
  );
  return writes;
}

async function edit(changed: { quantity?: string; name?: string }): Promise<UserEvent> {
  const user = openPage();
  await user.click(await screen.findByRole("button", { name: "Edit Copper wire" }));
  const dialog = await screen.findByRole("dialog", { name: "Edit Copper wire" });
  for (const [label, value] of [["Name", changed.name], ["Quantity", changed.quantity]] as const) {
    if (value === undefined) continue;
    await user.clear(within(dialog).getByLabelText(label));
    await user.type(within(dialog).getByLabelText(label), value);
  }
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  return user;
}

const choice = (field: string) => within(screen.getByRole("group", { name: new RegExp(`^${field}`) }));

describe("an edit that was overtaken", () => {
  it("shows both versions side by side, with what one side alone changed already chosen", async () => {
    const writes = overtaken(item({ description: "On a drum", version: 4 }));
    const user = await edit({ quantity: "5" });
    expect(await screen.findByText("Not saved: somebody else changed this item")).toBeVisible();
    expect(screen.getByText(/You started from version 3; version 4 was saved/)).toBeVisible();
    expect(choice("Quantity").getByRole("radio", { name: /Yours\s*5/ })).toBeChecked();
    expect(choice("Quantity").getByRole("radio", { name: /Theirs\s*7919/ })).not.toBeChecked();
    expect(choice("Description").getByRole("radio", { name: /Theirs\s*On a drum/ })).toBeChecked();
    expect(screen.getByText("The same in both: name.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Save as version 5" }));
    expect(await screen.findByText("Saved Copper wire, version 5")).toBeVisible();
    expect(writes.map(({ ifMatch }) => ifMatch)).toEqual(['"3"', '"4"']);
    expect(writes[1]?.body).toEqual({ name: "Copper wire", description: "On a drum", quantity: 5 });
  });

  it("asks for a choice where both have changed a field, and takes theirs if they are chosen", async () => {
    const writes = overtaken(item({ quantity: 77, version: 4 }));
    const user = await edit({ quantity: "5", name: "Copper wire, blue" });
    const save = await screen.findByRole("button", { name: "Save as version 5" });
    expect(save).toBeDisabled();
    expect(choice("Quantity").getByText("both changed it: choose one")).toBeVisible();
    await user.click(choice("Quantity").getByRole("radio", { name: /Theirs\s*77/ }));
    expect(save).toBeEnabled();
    await user.click(save);
    expect(await screen.findByText("Saved Copper wire, blue, version 5")).toBeVisible();
    expect(writes[1]?.body).toEqual({ name: "Copper wire, blue", description: "On a reel", quantity: 77 });
  });

  it("can be gone on with by hand, on the newest version", async () => {
    const writes = overtaken(item({ description: "On a drum", version: 4 }));
    const user = await edit({ quantity: "5" });
    await user.click(await screen.findByRole("button", { name: "Edit these values instead" }));
    const dialog = screen.getByRole("dialog", { name: "Edit Copper wire" });
    expect(within(dialog).getByLabelText("Description")).toHaveValue("On a drum");
    expect(within(dialog).getByLabelText("Quantity")).toHaveValue("5");
    await user.click(within(dialog).getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Saved Copper wire, version 5")).toBeVisible();
    expect(writes[1]?.ifMatch).toBe('"4"');
  });

  it("is shown again when a third version overtakes the resolution", async () => {
    let newest = item({ quantity: 77, version: 4 });
    api.use(
      answersItems([item()]),
      http.get(at("/items/:id"), () => read(newest)),
      http.put(at("/items/:id"), () => problem(412, "version-mismatch")),
    );
    const user = await edit({ quantity: "5" });
    await user.click(within(await screen.findByRole("group", { name: /^Quantity/ })).getByRole("radio", { name: /Yours/ }));
    newest = item({ quantity: 78, version: 5 });
    await user.click(screen.getByRole("button", { name: "Save as version 5" }));
    expect(await screen.findByText(/You started from version 4; version 5 was saved/)).toBeVisible();
    expect(choice("Quantity").getByRole("radio", { name: /Theirs\s*78/ })).toBeVisible();
  });

  it("keeps the choices when saving them is refused for now", async () => {
    let refusing = false;
    api.use(
      answersItems([item()]),
      http.get(at("/items/:id"), () => read(item({ description: "On a drum", version: 4 }))),
      http.put(at("/items/:id"), ({ request }) => {
        if (request.headers.get("if-match") !== '"4"') return problem(412, "version-mismatch");
        if (refusing) return problem(503, "service-unavailable", { retry_after_s: 9 });
        return read(item({ quantity: 5, version: 5 }));
      }),
    );
    const user = await edit({ quantity: "5" });
    refusing = true;
    await user.click(await screen.findByRole("button", { name: "Save as version 5" }));
    expect(await screen.findByText("Not saved: service unavailable")).toBeVisible();
    expect(choice("Quantity").getByRole("radio", { name: /Yours\s*5/ })).toBeChecked();
    refusing = false;
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("Saved Copper wire, version 5")).toBeVisible();
  });

  it("does not offer an older copy as theirs, and reads again", async () => {
    let newest = item({ version: 3 });
    api.use(
      answersItems([item()]),
      http.get(at("/items/:id"), () => read(newest)),
      http.put(at("/items/:id"), () => problem(412, "version-mismatch")),
    );
    const user = await edit({ quantity: "5" });
    expect(await screen.findByText(/their version cannot be read: Only an older copy can be read just now\.$/)).toBeVisible();
    expect(screen.queryByText(/cannot be reached/)).not.toBeInTheDocument();
    newest = item({ quantity: 77, version: 4 });
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("group", { name: /^Quantity/ })).toBeVisible();
  });

  it("can be saved as a new item when the item was deleted meanwhile", async () => {
    api.use(
      answersItems([item()]),
      http.put(at("/items/:id"), () => problem(404, "not-found")),
      http.post(at("/items"), () => read(item({ id: "new", quantity: 5, version: 1 }))),
    );
    const user = await edit({ quantity: "5" });
    expect(await screen.findByText("Not saved: somebody else has deleted this item")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Create it as a new item" }));
    expect(await screen.findByText("Saved Copper wire, version 1")).toBeVisible();
  });
});

describe("deleting an item that somebody else has changed", () => {
  it("shows what would be deleted, and deletes that version after another click", async () => {
    const preconditions: (string | null)[] = [];
    api.use(
      answersItems([item()]),
      http.get(at("/items/:id"), () => read(item({ name: "Copper wire, blue", version: 4 }))),
      http.delete(at("/items/:id"), ({ request }) => {
        preconditions.push(request.headers.get("if-match"));
        return preconditions.length === 1 ? problem(412, "version-mismatch") : new HttpResponse(null, { status: 204 });
      }),
    );
    const user = openPage();
    await user.click(await screen.findByRole("button", { name: "Delete Copper wire" }));
    const dialog = await screen.findByRole("dialog", { name: "Delete item" });
    await user.click(within(dialog).getByRole("button", { name: "Delete" }));
    expect(await screen.findByText("Not deleted: somebody else changed this item")).toBeVisible();
    await user.click(within(dialog).getByRole("button", { name: "Delete version 4" }));
    await waitFor(() => expect(screen.getByText("Deleted Copper wire, blue")).toBeVisible());
    expect(preconditions).toEqual(['"3"', '"4"']);
  });

  it("tells why it was not deleted at last, and no longer why the newer version could not be read", async () => {
    let overtaken = true;
    api.use(
      answersItems([item()]),
      http.get(at("/items/:id"), () => read(item())),
      http.delete(at("/items/:id"), () => (overtaken ? problem(412, "version-mismatch") : problem(503, "service-unavailable"))),
    );
    const user = openPage();
    await user.click(await screen.findByRole("button", { name: "Delete Copper wire" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Delete item" }));
    await user.click(dialog.getByRole("button", { name: "Delete" }));
    expect(await dialog.findByText("Not deleted: Only an older copy can be read just now.")).toBeVisible();
    overtaken = false;
    await user.click(dialog.getByRole("button", { name: "Try again" }));
    expect(await dialog.findByText("Not deleted: service unavailable")).toBeVisible();
  });
});
