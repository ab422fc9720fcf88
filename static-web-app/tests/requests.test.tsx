import { screen, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { Attempt } from "@/api/client";
import { answersItems, api, at, problem } from "./api";
import { openPage, openPageAt } from "./page";
import { item, servedBy } from "./samples";

const attempts: Attempt[] = [
  { target: "retry", outcome: "timeout", started_ms: 0, duration_ms: 300 },
  { target: "retry", outcome: "ok", started_ms: 380, duration_ms: 20 },
];

const listed = () => within(screen.getByRole("radiogroup")).getAllByRole("radio");

/** A page of items that took two attempts, and an item that could not be created. */
async function afterSomeRequests() {
  api.use(
    http.get(at("/items"), () =>
      HttpResponse.json(
        { data: { items: [item()], next_cursor: null }, served: servedBy("database", { attempts }) },
        { headers: { "x-request-id": "r-list", "server-timing": "retry;dur=300, retry;dur=20, total;dur=404" } },
      ),
    ),
    http.post(at("/items"), () => problem(503, "service-unavailable", { retry_after_s: 9, attempts: [{ ...attempts[0], outcome: "rejected", duration_ms: 0 }] })),
  );
  const user = openPage();
  await screen.findByRole("row", { name: /Copper wire/ });
  await user.click(screen.getByRole("button", { name: "Create item" }));
  await user.type(await screen.findByLabelText("Name"), "Busbar");
  await user.click(screen.getByRole("button", { name: "Create" }));
  await screen.findByText("Not saved: service unavailable");
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await user.click(screen.getByRole("link", { name: "Requests" }));
  await screen.findByRole("radiogroup", { name: "Requests, newest first" });
  return user;
}

describe("the page of requests", () => {
  it("shows the way that a request took, as a waterfall and as a table", async () => {
    const user = await afterSomeRequests();
    expect(listed()).toHaveLength(2);
    await user.click(screen.getByRole("radio", { name: /GET \/items\?limit=20/ }));
    const detail = within(screen.getByRole("region", { name: "GET /items?limit=20" }));
    await user.click(detail.getByText("The same as a table"));
    const rows = detail.getAllByRole("row").map((row) => [...row.children].map((cell) => cell.textContent));
    expect(rows).toEqual([
      ["Step", "Outcome", "Began after", "Took"],
      ["Circuit retry", "admittedThe circuit let the call through.", "0 ms", "–"],
      ["Attempt 1: retry", "timeoutIt did not reply in time.", "0 ms", "300 ms"],
      ["Backoff", "–", "300 ms", "80 ms"],
      ["Attempt 2: retry", "okIt gave the answer.", "380 ms", "20 ms"],
    ]);
    const bars = [...document.querySelectorAll(".waterfall .step-bar")].map((bar) => Number.parseFloat(bar.getAttribute("x") ?? ""));
    expect(bars).toEqual([0, expect.closeTo((380 / 404) * 100, 1)]);
    expect(detail.getByText("404 ms")).toBeVisible();
    expect(detail.getByText("r-list")).toBeVisible();
    expect(detail.getByRole("button", { name: "Copy the request id" })).toBeEnabled();
  });

  it("tells of a refused request why, and what was tried", async () => {
    const user = await afterSomeRequests();
    await user.click(screen.getByRole("radio", { name: /POST \/items/ }));
    const detail = within(screen.getByRole("region", { name: "POST /items" }));
    expect(detail.getByText("refused for now")).toBeVisible();
    expect(detail.getByText("Detail of service-unavailable.")).toBeVisible();
    const decision = detail.getByRole("row", { name: /^Circuit retry/, hidden: true });
    expect(decision).toHaveTextContent("rejected");
  });

  it("keeps the chosen request and the filters in the address", async () => {
    const user = await afterSomeRequests();
    await user.selectOptions(screen.getByLabelText("Outcome"), "refused for now");
    expect(listed()).toHaveLength(1);
    await user.click(screen.getByRole("radio", { name: /POST \/items/ }));
    const address = new URLSearchParams(window.location.search);
    expect(address.get("outcome")).toBe("refused");
    expect(address.get("request")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("filters by text, source and who asked", async () => {
    const user = await afterSomeRequests();
    await user.type(screen.getByLabelText("Filter requests by text"), "R-LIST");
    expect(listed()).toHaveLength(1);
    await user.clear(screen.getByLabelText("Filter requests by text"));
    await user.selectOptions(screen.getByLabelText("Source"), "database");
    expect(listed()).toHaveLength(1);
    await user.selectOptions(screen.getByLabelText("Asked by"), "the load generator");
    expect(screen.getByText("No request matches these filters.")).toBeVisible();
  });

  it("sets effective against actual success", async () => {
    await afterSomeRequests();
    const bought = within(screen.getByRole("region", { name: "What retries bought" }));
    expect(bought.getByText("First attempts that succeeded").nextElementSibling).toHaveTextContent("0 % 0 of 1");
    expect(bought.getByText("Requests that succeeded with retries").nextElementSibling).toHaveTextContent("100 % 1 of 1");
    expect(bought.getByText(/Bought with 1 more attempt than requests: 2.00 attempts for each request/)).toBeVisible();
  });

  it("says what it does not know: a request of another visit, a word that is no filter", async () => {
    api.use(answersItems([]));
    openPageAt("/requests?request=gone&outcome=perhaps");
    expect(await screen.findByText(/This page does not remember that request/)).toBeVisible();
    expect(screen.getByLabelText("Outcome")).toHaveValue("");
    expect(screen.getByText(/Nothing has been asked since this page was loaded/)).toBeVisible();
  });
});
