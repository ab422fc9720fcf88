import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import { answersItems, api, at, problem } from "./api";
import { openPageAt } from "./page";
import { item, servedBy } from "./samples";

async function openFaults() {
  const user = openPageAt("/faults");
  const panel = within(await screen.findByRole("region", { name: "Load" }));
  return { user, panel };
}

/** Few requests and a short time, so that the real clock is enough. */
async function startLoad() {
  const opened = await openFaults();
  fireEvent.change(opened.panel.getByRole("slider", { name: "Requests per second" }), { target: { value: "20" } });
  fireEvent.change(opened.panel.getByRole("slider", { name: "Seconds" }), { target: { value: "5" } });
  await opened.user.click(opened.panel.getByRole("button", { name: "Start 100 requests" }));
  return opened;
}

const counted = (name: string) => screen.getByText(name, { selector: "dt" }).nextElementSibling;

describe("the load generator", () => {
  it("offers no more than its caps", async () => {
    const { panel } = await openFaults();
    expect(panel.getByRole("slider", { name: "Requests per second" })).toHaveAttribute("max", "20");
    expect(panel.getByRole("slider", { name: "Seconds" })).toHaveAttribute("max", "60");
    expect(panel.getByRole("button", { name: "Start 240 requests" })).toBeEnabled();
  });

  it("shows how its requests are answered, and stops when it is told to", async () => {
    api.use(answersItems([item()], servedBy("fallback")));
    const { user, panel } = await startLoad();
    await waitFor(() => expect(Number(counted("fallback, degraded")?.textContent)).toBeGreaterThan(3));
    // The countdown is not read out each second.
    const status = panel.getByRole("status");
    expect(status).toHaveTextContent(/^Running$/);
    expect(status.parentElement).toHaveTextContent(/^Running: \d s to go\.$/);
    await user.click(panel.getByRole("button", { name: "Stop the load" }));
    expect(panel.getByRole("status")).toHaveTextContent("The load was stopped.");
    expect(panel.getByRole("button", { name: /^Start/ })).toBeVisible();
  });

  it("tells the wait that the API asked for", async () => {
    api.use(http.get(at("/items"), () => problem(503, "service-unavailable", { retry_after_s: 30 })));
    await startLoad();
    expect(await screen.findByText(/The API has asked to come back in (30|29) s/)).toBeVisible();
    expect(Number(counted("refused for now")?.textContent)).toBeGreaterThan(0);
  });

  it("goes on on other pages, in sight and with a way to stop it", async () => {
    const { user } = await startLoad();
    await user.click(screen.getByRole("link", { name: "Requests" }));
    const banner = within(await screen.findByRole("region", { name: "Running load" }));
    expect(await screen.findAllByText("load")).not.toHaveLength(0);
    await user.click(banner.getByRole("button", { name: "Stop the load" }));
    expect(screen.queryByRole("region", { name: "Running load" })).not.toBeInTheDocument();
  });

  it("ends when the tab is hidden, and says so", async () => {
    const { panel } = await startLoad();
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    await act(async () => void document.dispatchEvent(new Event("visibilitychange")));
    expect(panel.getByText("The load was stopped because this tab was hidden.")).toBeVisible();
  });

  it("writes one item of its own, under one key until it is there, and removes it in the end", async () => {
    const keys: (string | null)[] = [];
    const removed: unknown[] = [];
    const own = () => HttpResponse.json({ data: item({ id: "own" }), served: servedBy("database") });
    api.use(
      answersItems([item()]),
      http.get(at("/items/:id"), own),
      http.post(at("/items"), ({ request }) => {
        keys.push(request.headers.get("idempotency-key"));
        return keys.length < 2 ? problem(504, "deadline-exceeded") : own();
      }),
      http.put(at("/items/:id"), ({ params }) => (expect(params.id).toBe("own"), own())),
      http.delete(at("/items/:id"), ({ params }) => (removed.push(params.id), new HttpResponse(null, { status: 204 }))),
    );
    const { user, panel } = await openFaults();
    await user.click(panel.getByRole("radio", { name: /^Both, and writes/ }));
    await user.click(panel.getByRole("button", { name: "Start 240 requests" }));
    await waitFor(() => expect(keys).toHaveLength(2));
    await waitFor(() => expect(Number(counted("database")?.textContent)).toBeGreaterThan(9));
    await user.click(panel.getByRole("button", { name: "Stop the load" }));
    await waitFor(() => expect(removed).toEqual(["own"]));
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[1]).toBe(keys[0]);
  });
});
