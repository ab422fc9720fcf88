import { act, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import type { Circuit } from "@/api/client";
import { answersCircuits, api, at } from "./api";
import { openPage } from "./page";
import { closedCircuit, secondsAgo } from "./samples";

const card = () => screen.findByRole("article", { name: "Circuit retry" });

const openCircuit = (): Circuit =>
  closedCircuit({
    state: "open",
    epoch: 5,
    retry_at: secondsAgo(-20),
    reopens: 2,
    cause: "12 of 13 calls failed",
    // What was counted before the circuit opened says nothing about it now.
    evidence: {
        window_s: 10,
        calls: 0,
        failures: 0,
        slow: 0,
        failure_rate: null,
        threshold: 0.5,
        suspicion: 0,
      },
  });

describe("the circuits panel", () => {
  it("shows a closed circuit with its evidence against the threshold", async () => {
    openPage();
    const circuit = await card();
    expect(within(circuit).getByRole("status")).toHaveTextContent("Closed");
    expect(circuit).toHaveTextContent("Calls go through.");
    expect(circuit).toHaveTextContent("2 of 40 calls failed in the last 10 s");
    expect(within(circuit).getByRole("meter")).toHaveAttribute("aria-valuetext", "5.0 %, trips at 50 %");
  });

  it("shows why a circuit is open and counts down to its probes by the server's clock", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    const skewedByAnHour = { as_of: secondsAgo(-3600), retry_at: secondsAgo(-3620), since: secondsAgo(-3597) };
    const once = () => HttpResponse.json({ circuits: [{ ...openCircuit(), ...skewedByAnHour }] });
    // Every later poll fails, so that only this browser's clock carries the countdown on.
    api.use(
      http.get(at("/circuits"), once, { once: true }),
      http.get(at("/circuits"), () => HttpResponse.error()),
    );
    openPage();
    const circuit = await card();
    expect(within(circuit).getByRole("status")).toHaveTextContent("Open");
    expect(circuit).toHaveTextContent("Probes may go out in 20 s.");
    expect(circuit).toHaveTextContent("Why12 of 13 calls failed");
    expect(circuit).toHaveTextContent("No calls were counted in the last 10 s");
    expect(circuit).toHaveTextContent("Reopened2 times in a row");
    await act(() => vi.advanceTimersByTimeAsync(15_000));
    expect(circuit).toHaveTextContent("Probes may go out in 5 s.");
    await act(() => vi.advanceTimersByTimeAsync(6_000));
    expect(circuit).toHaveTextContent("The wait is over: the next call is a probe.");
    expect(await screen.findByText(/^Not live: no answer for/)).toBeVisible();
  });

  it("shows the probes of a half-open circuit", async () => {
    const probes = { leased: 1, max: 2, successes: 1, needed: 3 };
    api.use(answersCircuits(closedCircuit({ state: "half_open", probes })));
    openPage();
    const circuit = await card();
    expect(within(circuit).getByRole("status")).toHaveTextContent("Half-open");
    expect(circuit).toHaveTextContent("1 of 2 leased");
    expect(circuit).toHaveTextContent("1 of 3 successes");
  });

  it("follows the state by polling, and asks for transitions again when the epoch has risen", async () => {
    let circuit = closedCircuit();
    const asked: (string | null)[] = [];
    api.use(
      http.get(at("/circuits"), () => HttpResponse.json({ circuits: [circuit] })),
      http.get(at("/circuits/:name/events"), ({ request }) => {
        asked.push(new URL(request.url).searchParams.get("since"));
        const event = { epoch: circuit.epoch, at: secondsAgo(1), from: "closed", to: "open", reason: "too many", actor: "api" };
        return HttpResponse.json({ events: circuit.state === "open" ? [event] : [], next_since: circuit.epoch });
      }),
    );
    openPage();
    expect(await screen.findByText("No transition has been recorded.")).toBeVisible();
    circuit = { ...openCircuit(), epoch: 11 };
    expect(await screen.findByText(/too many · api · epoch 11/)).toBeVisible();
    expect(within(await card()).getByRole("status")).toHaveTextContent("Open");
    expect(asked).toEqual(["0", "4"]);
  });

  it("rests while the page is hidden, and is up to date as soon as it is seen again", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    const visibility = vi.spyOn(document, "visibilityState", "get");
    const turn = async (state: DocumentVisibilityState) => {
      visibility.mockReturnValue(state);
      await act(async () => void document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
    };
    let polls = 0;
    let circuit = closedCircuit();
    api.use(http.get(at("/circuits"), () => (polls++, HttpResponse.json({ circuits: [circuit] }))));
    openPage();
    expect(within(await card()).getByRole("status")).toHaveTextContent("Closed");
    await turn("hidden");
    const before = polls;
    circuit = openCircuit();
    await act(() => vi.advanceTimersByTimeAsync(30_000));
    expect(polls).toBe(before);
    await turn("visible");
    await waitFor(async () => expect(within(await card()).getByRole("status")).toHaveTextContent("Open"));
  });

  it("says who overrides a circuit, and that its calls go by the override", async () => {
    const override = { mode: "force_open" as const, reason: "drill", actor: "jo", expires_at: secondsAgo(-90) };
    api.use(answersCircuits(closedCircuit({ override })));
    openPage();
    const circuit = await card();
    expect(circuit).toHaveTextContent("Every call is refused, by hand.");
    expect(circuit).toHaveTextContent("Forced open by jo: drill");
  });

  it("has a page of its own with the policy", async () => {
    const user = openPage();
    await user.click(screen.getByRole("link", { name: "Circuits" }));
    expect(await screen.findByRole("heading", { level: 1, name: "Circuits" })).toBeVisible();
    await waitFor(() => expect(document.title).toBe("Circuits · Circuit Breaker"));
    expect(await screen.findByText("Open for")).toBeVisible();
  });
});
