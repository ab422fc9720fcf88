import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { answersItems, api, at, problem } from "./api";
import { openPage } from "./page";
import { closedCircuit, item, servedBy } from "./samples";

describe("the list of items", () => {
  it("shows each item with its quantity, and that the answer came from the database", async () => {
    api.use(answersItems([item()]));
    openPage();
    const row = await screen.findByRole("row", { name: /Copper wire/ });
    expect(row).toHaveTextContent("On a reel");
    expect(row).toHaveTextContent("7,919");
    expect(screen.getByTestId("source")).toHaveTextContent(/^database$/);
    expect(screen.getByRole("list", { name: "Attempts, in order" })).toHaveTextContent("retry ok 14 ms");
  });

  it("shows the age of an answer from the cache", async () => {
    api.use(answersItems([item()], servedBy("cache")));
    openPage();
    expect(await screen.findByTestId("source")).toHaveTextContent(/^cache$/);
    // On a busy machine a second has passed by now.
    expect(screen.getByText(/^as of 1 min 3\d s ago$/)).toBeVisible();
  });

  it("labels a degraded answer, and every item in it as a copy", async () => {
    api.use(answersItems([item()], servedBy("fallback")));
    openPage();
    expect(await screen.findByTestId("source")).toHaveTextContent("fallbackdegraded");
    expect(screen.getByText("Degraded: these items may be out of date")).toBeVisible();
    expect(screen.getByRole("row", { name: /Copper wire/ })).toHaveTextContent("copy");
  });

  it("invites to create the first item when there is none", async () => {
    openPage();
    expect(await screen.findByText("No items yet")).toBeVisible();
  });

  it("asks for the next page with the cursor of the one before, and goes back", async () => {
    api.use(
      http.get(at("/items"), ({ request }) => {
        const second = new URL(request.url).searchParams.get("cursor") === "after-1";
        const items = [second ? item({ id: "2", name: "Relay" }) : item()];
        return HttpResponse.json({ data: { items, next_cursor: second ? null : "after-1" }, served: servedBy("database") });
      }),
    );
    const user = openPage();
    await user.click(await screen.findByRole("button", { name: "Next page" }));
    expect(await screen.findByRole("row", { name: /Relay/ })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Previous page" }));
    expect(await screen.findByRole("row", { name: /Copper wire/ })).toBeVisible();
  });

  it("goes on by one page only, however often it is asked to while that page is on its way", async () => {
    const asked: (string | null)[] = [];
    let answer = () => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    api.use(
      http.get(at("/items"), async ({ request }) => {
        const cursor = new URL(request.url).searchParams.get("cursor");
        asked.push(cursor);
        if (cursor !== null) await held;
        const data = cursor === null ? { items: [item()], next_cursor: "after-1" } : { items: [item({ id: "2", name: "Relay" })], next_cursor: "after-2" };
        return HttpResponse.json({ data, served: servedBy("database") });
      }),
    );
    const user = openPage();
    await user.click(await screen.findByRole("button", { name: "Next page" }));
    await waitFor(() => expect(asked).toEqual([null, "after-1"]));
    await user.click(screen.getByRole("button", { name: "Next page" }));
    expect(screen.getByRole("button", { name: "Page 2" })).toHaveAttribute("aria-current", "true");
    expect(screen.queryByRole("button", { name: "Page 3" })).not.toBeInTheDocument();
    answer();
    expect(await screen.findByRole("row", { name: /Relay/ })).toBeVisible();
    expect(screen.getByRole("button", { name: "Page 2" })).toHaveAttribute("aria-current", "true");
    expect(screen.getByRole("button", { name: "Page 3" })).toBeVisible();
    expect(asked).toEqual([null, "after-1"]);
  });

  it("does not take a later page that is empty for a list that is", async () => {
    api.use(
      http.get(at("/items"), ({ request }) => {
        const first = new URL(request.url).searchParams.get("cursor") === null;
        const data = { items: first ? [item()] : [], next_cursor: first ? "after-1" : null };
        return HttpResponse.json({ data, served: servedBy("database") });
      }),
    );
    const user = openPage();
    await user.click(await screen.findByRole("button", { name: "Next page" }));
    expect(await screen.findByText("No more items")).toBeVisible();
    expect(screen.queryByText("No items yet")).not.toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Previous page" })).toBeEnabled();
  });

  it("says of each row who knew it and when", async () => {
    api.use(answersItems([item()], servedBy("cache")));
    openPage();
    const row = await screen.findByRole("row", { name: /Copper wire/ });
    expect(row).toHaveTextContent(/cache, 1 min \d+ s ago/);
  });

  it("searches the loaded pages, says so, and loads one more on request", async () => {
    const relay = item({ id: "0197a1c2-0000-7000-8000-000000000000", name: "Relay", description: "For copper bars" });
    api.use(
      http.get(at("/items"), ({ request }) => {
        const second = new URL(request.url).searchParams.get("cursor") === "after-1";
        const items = second ? [relay] : [item(), item({ id: "0197a1c2-0000-7000-8000-000000000002", name: "Fuse" })];
        return HttpResponse.json({ data: { items, next_cursor: second ? null : "after-1" }, served: servedBy("database") });
      }),
    );
    const user = openPage();
    await screen.findByRole("row", { name: /Fuse/ });
    await user.type(screen.getByLabelText("Search the loaded items"), "COPPER");
    const counted = async (words: string) => expect((await screen.findAllByText(words))[0]).toBeVisible();
    await counted("1 of 2 loaded items");
    expect(screen.queryByRole("row", { name: /Fuse/ })).not.toBeInTheDocument();
    expect(screen.getByText(/pages that were not loaded yet are not searched/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Load one more page" }));
    await counted("2 of 3 loaded items");
    expect(screen.getByRole("row", { name: /Relay/ })).toBeVisible();
    expect(screen.queryByText(/not loaded yet/)).not.toBeInTheDocument();
    await user.type(screen.getByLabelText("Search the loaded items"), " zinc");
    expect(await screen.findByText("No loaded item matches")).toBeVisible();
  });

  it("says that the API is down, and recovers on a retry", async () => {
    api.use(http.get(at("/items"), () => HttpResponse.error(), { once: true }));
    api.use(
      http.get(at("/circuits"), () => HttpResponse.json({ circuits: [closedCircuit()] }), { once: true }),
      http.get(at("/circuits"), () => HttpResponse.error()),
    );
    const user = openPage();
    expect(await screen.findByText("Items could not be loaded: the API cannot be reached")).toBeVisible();
    expect(await screen.findByText("API down")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("No items yet")).toBeVisible();
    expect(screen.queryByText(/could not be loaded/)).not.toBeInTheDocument();
  });

  it("shows title, detail and request id of a problem", async () => {
    api.use(http.get(at("/items"), () => problem(504, "deadline-exceeded")));
    openPage();
    const alert = await screen.findByText("Items could not be loaded: deadline exceeded");
    expect(alert).toBeVisible();
    expect(screen.getByText("Detail of deadline-exceeded.", { exact: false })).toBeVisible();
    expect(screen.getByText("request-1")).toBeVisible();
  });

  it("deletes an item after asking, and treats one already gone as deleted", async () => {
    let deleted = false;
    api.use(
      http.get(at("/items"), () =>
        HttpResponse.json({ data: { items: deleted ? [] : [item()], next_cursor: null }, served: servedBy("database") }),
      ),
      http.delete(at("/items/:id"), () => {
        deleted = true;
        return problem(404, "not-found");
      }),
    );
    const user = openPage();
    await user.click(await screen.findByRole("button", { name: "Delete Copper wire" }));
    const dialog = await screen.findByRole("dialog", { name: "Delete item" });
    await user.click(within(dialog).getByRole("button", { name: "Delete" }));
    expect(await screen.findByText("Deleted Copper wire")).toBeVisible();
    expect(await screen.findByText("No items yet")).toBeVisible();
  });
});
