import { act, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import { answersCircuits, answersItems, api, at } from "./api";
import { openPage } from "./page";
import { closedCircuit, counted, secondsAgo, servedBy } from "./samples";

const EVENTS = () => [
  { epoch: 1, at: secondsAgo(200), from: "closed", to: "open", reason: "23 of 23 calls failed", actor: "breaker" },
  { epoch: 2, at: secondsAgo(190), from: "open", to: "half_open", reason: "the open time is over", actor: "breaker" },
  { epoch: 3, at: secondsAgo(188), from: "half_open", to: "closed", reason: "3 probes succeeded", actor: "breaker" },
  { epoch: 4, at: secondsAgo(100), from: "closed", to: "forced_open", reason: "drill", actor: "jo" },
  { epoch: 5, at: secondsAgo(40), from: "forced_open", to: "closed", reason: "withdrawn", actor: "jo" },
];

function openTimeline(search = "") {
  api.use(
    answersCircuits(closedCircuit({ epoch: 5 })),
    http.get(at("/circuits/:name/events"), () => HttpResponse.json({ events: EVENTS(), next_since: 5 })),
  );
  window.history.replaceState(null, "", `/timeline${search}`);
  return openPage();
}

const ribbon = (words: RegExp) => screen.findByRole("img", { name: words });

describe("the timeline", () => {
  it("draws what the circuit went through before the page was opened, with a mark at each transition", async () => {
    openTimeline();
    const drawn = await ribbon(/^retry: closed for 1 min (39 s|40 s), open for 10 s, half-open for 2 s, closed for 1 min 2[78] s, forced open for 1 min, closed for \d+ s$/);
    expect(within(drawn).getAllByTestId("mark")).toHaveLength(3);
    expect(within(drawn).getAllByTestId("mark-by-hand")).toHaveLength(2);
    expect(within(drawn).getByText(/Closed to Forced open, drill, by jo$/)).toBeInTheDocument();
    expect(within(drawn).getByText("Forced open")).toBeVisible();
  });

  it("zooms, and keeps the window in the address", async () => {
    const user = openTimeline("?window=15");
    await ribbon(/^retry: closed for 11 min/);
    await user.click(screen.getByRole("button", { name: "1 min" }));
    expect(window.location.search).toBe("?window=1");
    const drawn = await ribbon(/^retry: forced open for (19|20|21) s, closed for (39|40|41) s$/);
    expect(within(drawn).queryByTestId("mark")).not.toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "5 min" }));
    expect(window.location.search).toBe("");
  });

  it("shows the window that a link names", async () => {
    openTimeline(`?window=1&until=${secondsAgo(150)}`);
    await ribbon(/^retry: closed for (9|10|11) s, open for 10 s, half-open for 2 s, closed for 3[789] s$/);
    expect(screen.getByRole("button", { name: "Follow" })).toBeVisible();
  });

  it("holds still while time goes on, goes back, and follows again", async () => {
    const user = openTimeline("?window=1");
    await ribbon(/^retry: forced open for (19|20|21) s/);
    const hold = screen.getByRole("button", { name: "Hold" });
    await user.click(hold);
    // Its name tells the state; a pressed "Follow" would tell the opposite.
    expect(hold).toHaveAccessibleName("Follow");
    expect(hold).not.toHaveAttribute("aria-pressed");
    const held = new URLSearchParams(window.location.search).get("until");
    expect(Date.parse(held ?? "")).toBeCloseTo(Date.now(), -4);
    await user.click(screen.getByRole("button", { name: "Earlier" }));
    await ribbon(/^retry: forced open for (49|50|51) s, closed for (9|10|11) s$/);
    await user.click(screen.getByRole("button", { name: "Follow" }));
    expect(window.location.search).toBe("?window=1");
    expect(screen.getByRole("button", { name: "Later" })).toHaveAttribute("aria-disabled", "true");
  });

  it("does not draw what nobody saw", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    api.use(
      http.get(at("/circuits"), () => HttpResponse.json({ circuits: [closedCircuit({ epoch: 0 })] }), { once: true }),
      http.get(at("/circuits"), () => HttpResponse.error()),
    );
    window.history.replaceState(null, "", "/timeline?window=1");
    openPage();
    await ribbon(/^retry: closed for 1 min$/);
    await screen.findByText("API down");
    await act(() => vi.advanceTimersByTimeAsync(20_000));
    expect(await ribbon(/^retry: closed for .*not known for/)).toBeInTheDocument();
  });

  it("draws the faults that it saw come and go", async () => {
    let faults = {};
    api.use(http.get(at("/faults"), () => HttpResponse.json({ allowed: true, faults })));
    openTimeline("?window=1");
    expect(await ribbon(/^Faults: none$/)).toBeInTheDocument();
    faults = { database: { kind: "latency", latency_ms: 800, rate: 0.5, expires_at: secondsAgo(-60) } };
    expect(await ribbon(/^Faults: database: \+800 ms in 50 %$/)).toBeInTheDocument();
  });

  it("counts what the fleet did, and what became of this page's own requests", async () => {
    const served = servedBy("fallback", {
      circuit: "open",
      attempts: [
        { target: "retry", outcome: "unavailable", started_ms: 0, duration_ms: 5 },
        { target: "retry", outcome: "rejected", started_ms: 5, duration_ms: 0 },
        { target: "fallback", outcome: "ok", started_ms: 6, duration_ms: 5 },
      ],
    });
    api.use(answersItems([], served), answersCircuits(closedCircuit({ evidence: counted(40, 10) })));
    window.history.replaceState(null, "", "/");
    const user = openPage();
    await screen.findByText(/Degraded: these items/);
    await user.click(screen.getByRole("link", { name: "Timeline" }));
    await user.click(await screen.findByRole("button", { name: "1 min" }));
    const fleet = screen.getByRole("img", { name: /^Fleet: .*succeeded 0\.[45]\d?\/s, failed 0\.1\d?\/s$/ });
    expect(fleet.querySelectorAll(".bar-failed").length).toBeGreaterThan(0);
    const page = screen.getByRole("img", { name: /^This page: .*admitted and failed 0\.02\/s, rejected 0\.02\/s, answered by the fallback 0\.02\/s$/ });
    expect(page.querySelectorAll(".bar-rejected")).toHaveLength(1);
  });

  it("tells the same as a table, and keeps that in the address", async () => {
    const user = openTimeline("?window=5");
    await user.click(await screen.findByRole("button", { name: "Table" }));
    expect(new URLSearchParams(window.location.search).get("view")).toBe("table");
    const table = await screen.findByRole("table", { name: "States of retry" });
    await waitFor(() => expect(within(table).getAllByRole("row")).toHaveLength(7));
    expect(within(table).getByRole("row", { name: /Forced open 1 min$/ })).toBeVisible();
    expect(screen.getByRole("table", { name: "Calls at retry" })).toHaveTextContent("Fleet");
  });
});
