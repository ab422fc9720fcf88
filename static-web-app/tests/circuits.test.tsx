import { act, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import type { Circuit } from "@/api/client";
import { answersCircuits, api, at, problem } from "./api";
import { openPage } from "./page";
import { CIRCUIT_IN, closedCircuit, counted, secondsAgo } from "./samples";

const card = () => screen.findByRole("article", { name: "Circuit retry" });
const state = async () => within(await card()).getByTestId("state");

/** Opens the circuits' own page, where everything is told. */
function openCircuits() {
  window.history.replaceState(null, "", "/circuits");
  return openPage();
}

const events = () => [
  { epoch: 4, at: secondsAgo(600), from: "half_open", to: "closed", reason: "3 probes succeeded", actor: "breaker" },
  { epoch: 5, at: secondsAgo(4), from: "closed", to: "open", reason: "23 of 23 calls failed", actor: "breaker" },
];

const answersEvents = (told: readonly { epoch: number }[] = events()) =>
  http.get(at("/circuits/:name/events"), () => HttpResponse.json({ events: told, next_since: told.at(-1)?.epoch ?? 0 }));

describe("a circuit's card", () => {
  it("shows a closed circuit with its evidence against the thresholds", async () => {
    openCircuits();
    const circuit = await card();
    expect(await state()).toHaveTextContent("Closed");
    expect(circuit).toHaveTextContent("Every call goes through.");
    expect(circuit).toHaveTextContent("2 of 40 failed: 1.4 % to 17 % at 95 % confidence");
    expect(circuit).toHaveTextContent("0 of 40 took 3 s or more");
    const meter = within(circuit).getByRole("meter", { name: "Failure rate" });
    expect(meter).toHaveAttribute("aria-valuetext", "5.0 %, trips at 50 %");
    expect(within(circuit).getByRole("img", { name: "Traffic: 4/s, 5.0 % errors" })).toBeInTheDocument();
  });

  it("shows a healthy circuit, whose successes nobody counts, with its traffic by heartbeats", async () => {
    const evidence = { ...counted(0, 0), calls_per_s: 40 };
    api.use(answersCircuits(closedCircuit({ evidence })));
    openCircuits();
    const circuit = await card();
    expect(circuit).toHaveTextContent("Successes are not counted while all is well");
    expect(within(circuit).getByRole("img", { name: "Traffic: 40/s, no errors" })).toBeInTheDocument();
    expect(circuit).not.toHaveTextContent(/refuses|suspected/);
  });

  it("shows alarms, which are no part of a rate, and since when an outage is suspected", async () => {
    const evidence = { ...counted(0, 0), calls_per_s: 40, alarms: 7 };
    api.use(answersCircuits(closedCircuit({ evidence, suspected_since: secondsAgo(3) })));
    openCircuits();
    const circuit = await card();
    expect(circuit).toHaveTextContent("7 calls failed or took long in the last 2 min; successes are not counted");
    expect(within(circuit).getByRole("meter", { name: "Failure rate" })).toHaveAttribute("aria-valuetext", "no calls, trips at 50 %");
    expect(within(circuit).getByRole("img", { name: "Traffic: 40/s, 7 errors lately" })).toBeInTheDocument();
    expect(circuit).toHaveTextContent(/Every call goes through\. An outage has been suspected for [34] s\./);
  });

  it("shows how many calls a second the fleet refuses", async () => {
    const evidence = { ...counted(0, 0), calls_per_s: 40 };
    api.use(answersCircuits({ ...CIRCUIT_IN.open(), evidence, refused_per_second: 37.5 }));
    openCircuits();
    expect(await card()).toHaveTextContent("refuses 38 calls/s");
    expect(within(await card()).getByRole("img", { name: "Traffic: 40/s, refuses 38 calls/s" })).toBeInTheDocument();
  });

  it("shows the share of slow calls against theirs", async () => {
    api.use(answersCircuits(closedCircuit({ evidence: counted(20, 0, 12) })));
    openCircuits();
    const meter = within(await card()).getByRole("meter", { name: "Slow calls" });
    expect(meter).toHaveAttribute("aria-valuetext", "60 %, trips at 50 %");
    expect(await card()).toHaveTextContent("12 of 20 took 3 s or more");
  });

  it("shows an open circuit: why it tripped, how often it reopened, and the wait for the probes", async () => {
    api.use(answersCircuits(CIRCUIT_IN.open()), answersEvents());
    openCircuits();
    expect(await state()).toHaveTextContent("Open");
    expect(await card()).toHaveTextContent(/Calls are refused\. Probes may go out in 1[56] s\./);
    expect(await card()).toHaveTextContent("5 · reopened 2 ×");
    expect(await card()).toHaveTextContent("No calls were counted in the last 2 min");
    expect(await screen.findByText("Opened")).toBeVisible();
    expect(await card()).toHaveTextContent(/Opened [45] s ago: 23 of 23 calls failed/);
  });

  it("shows the leases and successes of a half-open circuit", async () => {
    api.use(answersCircuits(CIRCUIT_IN.half_open()));
    openCircuits();
    expect(await state()).toHaveTextContent("Half-open");
    expect(await card()).toHaveTextContent("Probes decide: 1 of 3 successes so far.");
    expect(await card()).toHaveTextContent("1 of 2 leased");
    expect(await card()).toHaveTextContent("1 of 3 successes");
  });

  it("shows by how much successes of probes are ahead of failures", async () => {
    const probes = { leased: 0, max: 2, successes: 5, failures: 2, needed: 6 };
    api.use(answersCircuits({ ...CIRCUIT_IN.half_open(), probes }));
    openCircuits();
    expect(await card()).toHaveTextContent("Probes decide: 3 of 6: 5 succeeded, 2 failed so far.");
    expect((await card()).querySelectorAll(".pip-filled")).toHaveLength(3);
  });

  it("shows how far a circuit that has just closed has ramped up, and why it had tripped", async () => {
    const closed = { ...events()[0], epoch: 7, at: secondsAgo(2) };
    api.use(answersCircuits(CIRCUIT_IN.ramping()), answersEvents([...events(), closed]));
    openCircuits();
    expect(await state()).toHaveTextContent("Ramping");
    expect(await card()).toHaveTextContent(/46 % of the calls go through, all of them in [23] s\./);
    expect(await screen.findByText(/Last trip:/)).toHaveTextContent(/Opened .* ago: 23 of 23 calls failed/);
  });

  it.each([
    ["forced_open", "Forced open", "Every call is refused, by hand."],
    ["forced_closed", "Forced closed", "Every call goes through, by hand."],
    ["shadow", "Shadow", "Every call goes through; the rules alone would say: closed."],
  ] as const)("shows the order of a circuit that is %s, who gave it, why and for how long", async (kind, word, outlook) => {
    api.use(answersCircuits(CIRCUIT_IN[kind]()));
    openCircuits();
    expect(await state()).toHaveTextContent(word);
    expect(await card()).toHaveTextContent(outlook);
    expect(await card()).toHaveTextContent(`${word} by jo: drill`);
    expect(await card()).toHaveTextContent(/Ends in 1 min (29|30) s/);
    expect(within(await card()).getByRole("button", { name: "Withdraw the override of retry" })).toBeVisible();
  });

  it("says that an operator did it where the API withholds who and why", async () => {
    const given = CIRCUIT_IN.forced_open();
    const expires_at = given.override?.expires_at ?? "";
    const withheld = { reason: null, actor: null };
    const placed = { epoch: 8, at: secondsAgo(30), from: "closed", to: "forced_open", ...withheld, expires_at };
    api.use(
      answersCircuits({ ...given, cause: null, override: { mode: "force_open", ...withheld, expires_at } }),
      answersEvents([placed]),
    );
    openCircuits();
    expect(await card()).toHaveTextContent("Forced open by an operator: the reason is for operators");
    const trail = await screen.findByRole("region", { name: "Transitions of retry" });
    expect(await within(trail).findByText(/by an operator/)).toBeVisible();
    expect(document.body).not.toHaveTextContent("null");
  });

  const lengthOf = async () => (await card()).querySelector(".phase-share")?.getAttribute("width");

  it("shows how much of an override is left, from when it was given", async () => {
    const given = CIRCUIT_IN.forced_open();
    const override = { epoch: 8, at: secondsAgo(270), from: "closed", to: "forced_open", reason: "drill", actor: "jo", expires_at: given.override?.expires_at };
    // Beneath it the rules have begun something else since.
    api.use(answersCircuits(given), answersEvents([override]));
    openCircuits();
    await waitFor(async () => expect(Number(await lengthOf())).toBeCloseTo(25, -1));
    expect(Number(await lengthOf())).toBeLessThanOrEqual(25);
  });

  it("does not show how much of an override is left where nobody knows when it was given", async () => {
    api.use(answersCircuits(CIRCUIT_IN.forced_open()), answersEvents());
    openCircuits();
    expect(await screen.findByText(/23 of 23 calls failed · epoch 5/)).toBeVisible();
    expect(await lengthOf()).toBeUndefined();
  });

  it("shows an override that has run out no more, without waiting for news of it", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    const given = CIRCUIT_IN.forced_open();
    api.use(http.get(at("/circuits"), () => HttpResponse.json({ circuits: [{ ...given, as_of: secondsAgo(0) }] })));
    openCircuits();
    expect(await state()).toHaveTextContent("Forced open");
    await act(() => vi.advanceTimersByTimeAsync(91_000));
    expect(await state()).toHaveTextContent("Closed");
    expect(await card()).toHaveTextContent("No override: the rules decide.");
  });

  it("keeps what was known of a circuit that cannot be read, beside those that can", async () => {
    const both = [CIRCUIT_IN.open(), closedCircuit({ name: "database" })];
    const database = { name: "database", detail: "The table does not answer." };
    api.use(
      http.get(at("/circuits"), () => HttpResponse.json({ circuits: both, unavailable: [] }), { once: true }),
      http.get(at("/circuits"), () => HttpResponse.json({ circuits: [CIRCUIT_IN.open()], unavailable: [database] })),
    );
    openCircuits();
    const lost = await screen.findByRole("article", { name: "Circuit database" });
    await waitFor(() => expect(within(lost).getByTestId("state")).toHaveTextContent("Store unavailable"));
    expect(lost).toHaveTextContent(/Calls go on by what was known: closed, \d+ s ago\./);
    expect(screen.getByRole("alert")).toHaveTextContent("Not read: database");
    expect(await state()).toHaveTextContent("Open");
    expect(screen.getByText("Live")).toBeVisible();
  });

  it("names a circuit that could never be read", async () => {
    const cache = { name: "cache", detail: "The table does not answer." };
    api.use(http.get(at("/circuits"), () => HttpResponse.json({ circuits: [closedCircuit()], unavailable: [cache] })));
    openCircuits();
    expect(await screen.findByText("Not read: cache")).toBeVisible();
    expect(await state()).toHaveTextContent("Closed");
    expect(screen.queryByRole("article", { name: "Circuit cache" })).not.toBeInTheDocument();
  });

  it("says that the circuits' table is away while the API answers, and what was known", async () => {
    api.use(
      http.get(at("/circuits"), () => HttpResponse.json({ circuits: [CIRCUIT_IN.open()] }), { once: true }),
      http.get(at("/circuits"), () => problem(503, "service-unavailable")),
    );
    openCircuits();
    await waitFor(async () => expect(await state()).toHaveTextContent("Store unavailable"));
    expect(await card()).toHaveTextContent(/Calls go on by what was known: open, \d+ s ago\./);
    expect(screen.getByText(/the circuits' table has not answered/)).toBeVisible();
    expect(screen.getByText("Store away")).toBeVisible();
  });

  it("goes stale when nothing answers, and carries the countdown on by this browser's clock alone", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    const skewedByAnHour = { as_of: secondsAgo(-3600), retry_at: secondsAgo(-3620), since: secondsAgo(-3597) };
    api.use(
      http.get(at("/circuits"), () => HttpResponse.json({ circuits: [{ ...CIRCUIT_IN.open(), ...skewedByAnHour }] }), { once: true }),
      http.get(at("/circuits"), () => HttpResponse.error()),
    );
    openCircuits();
    expect(await state()).toHaveTextContent("Open");
    expect(await card()).toHaveTextContent("Probes may go out in 20 s.");
    await act(() => vi.advanceTimersByTimeAsync(3_000));
    expect(await card()).toHaveTextContent("Probes may go out in 17 s.");
    expect(await screen.findByText("API down")).toBeVisible();
    await act(() => vi.advanceTimersByTimeAsync(7_000));
    expect(await state()).toHaveTextContent("Stale");
    expect(await card()).toHaveTextContent("Nothing was heard since. Last known: open, 10 s ago.");
    const told = screen.getByText("Not live: no answer");
    expect(told.parentElement).toHaveTextContent("Not live: no answer for 10 s. This is the last known state.");
    // Nothing is read out again only because a second has passed.
    expect(told).toHaveAttribute("role", "alert");
    expect(told.parentElement?.closest("[role=alert]")).toBeNull();
  });

  it("says offline where the browser knows that it is", async () => {
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    api.use(http.get(at("/circuits"), () => HttpResponse.error()));
    openCircuits();
    expect(await screen.findByText("Offline")).toBeVisible();
    expect(await screen.findByText("No circuits: the API cannot be reached")).toBeVisible();
  });

  it("has a drawer with every rule of the policy", async () => {
    const user = openCircuits();
    await user.click(within(await card()).getByRole("button", { name: "Policy of retry" }));
    const drawer = await screen.findByRole("dialog", { name: "Policy of retry" });
    expect(within(drawer).getAllByRole("term")).toHaveLength(Object.keys(closedCircuit().policy).length);
    expect(within(drawer).getByText("Open for").closest("div")).toHaveTextContent(/1 s$/);
    await user.click(within(drawer).getByRole("button", { name: "Close" }));
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  });
});

describe("polling", () => {
  it("follows the state, asks only for the transitions after the last one known, and announces them", async () => {
    let circuit: Circuit = closedCircuit();
    const asked: (string | null)[] = [];
    api.use(
      http.get(at("/circuits"), () => HttpResponse.json({ circuits: [circuit] })),
      http.get(at("/circuits/:name/events"), ({ request }) => {
        asked.push(new URL(request.url).searchParams.get("since"));
        return HttpResponse.json({ events: circuit.state === "open" ? events().slice(1) : [], next_since: circuit.epoch });
      }),
    );
    openCircuits();
    expect(await screen.findByText("No transition has been recorded.")).toBeVisible();
    expect(screen.getByTestId("announcer")).toBeEmptyDOMElement();
    circuit = CIRCUIT_IN.open();
    expect(await screen.findByText(/23 of 23 calls failed · epoch 5/)).toBeVisible();
    expect(await state()).toHaveTextContent("Open");
    expect(asked).toEqual(["0", "4"]);
    expect(screen.getByTestId("announcer")).toHaveTextContent("Circuit retry: Closed to Open. 23 of 23 calls failed");
  });

  it("tells, and announces, when an override ran out by itself", async () => {
    const override = { mode: "force_open" as const, reason: "drill", actor: "jo", expires_at: secondsAgo(30) };
    const told = { epoch: 8, at: secondsAgo(90), from: "closed", to: "forced_open", reason: "drill", actor: "jo", expires_at: override.expires_at };
    let circuit = closedCircuit({ epoch: 8, override, as_of: secondsAgo(40) });
    api.use(
      http.get(at("/circuits"), () => HttpResponse.json({ circuits: [circuit] })),
      answersEvents([told]),
    );
    openCircuits();
    const trail = await screen.findByRole("region", { name: "Transitions of retry" });
    expect(await within(trail).findByText(/drill · until .* · epoch 8/)).toBeVisible();
    expect(within(trail).getAllByRole("listitem")).toHaveLength(1);
    circuit = closedCircuit({ epoch: 8 });
    expect(await within(trail).findByText("the override ran out · epoch 8")).toBeVisible();
    expect(within(trail).getAllByRole("listitem")[0]).toHaveTextContent(/Forced open → Closed\s?3\d s ago/);
    expect(await card()).toHaveTextContent(/Closed 3\d s ago: the override ran out/);
    expect(screen.getByTestId("announcer")).toHaveTextContent("Circuit retry: Forced open to Closed. the override ran out");
  });

  it("tells, and announces, that the rules moved beneath an override", async () => {
    const given = CIRCUIT_IN.shadow();
    const override = { epoch: 8, at: secondsAgo(30), from: "closed", to: "shadow", reason: "drill", actor: "jo", expires_at: given.override?.expires_at };
    const beneath = { epoch: 9, at: secondsAgo(2), from: "shadow", to: "shadow", reason: "23 of 23 calls failed", actor: "breaker" };
    let circuit: Circuit = given;
    api.use(
      http.get(at("/circuits"), () => HttpResponse.json({ circuits: [circuit] })),
      http.get(at("/circuits/:name/events"), () =>
        HttpResponse.json({ events: circuit.epoch === 8 ? [override] : [beneath], next_since: circuit.epoch }),
      ),
    );
    openCircuits();
    expect(await screen.findByText("Put into shadow mode")).toBeVisible();
    circuit = { ...given, state: "open", epoch: 9 };
    const trail = await screen.findByRole("region", { name: "Transitions of retry" });
    expect(await within(trail).findByText("The rules moved beneath the override")).toBeVisible();
    expect(await card()).toHaveTextContent(/The rules moved beneath the override \d+ s ago: 23 of 23 calls failed/);
    expect(screen.queryByText("Put into shadow mode")).not.toBeInTheDocument();
    expect(screen.getByText(/: The rules moved beneath the override, 23 of 23 calls failed, by breaker$/)).toBeInTheDocument();
    expect(screen.getByTestId("announcer")).toHaveTextContent("Circuit retry: The rules moved beneath the override. 23 of 23 calls failed");
  });

  function countsPolls() {
    let polls = 0;
    let circuit: Circuit = closedCircuit();
    api.use(http.get(at("/circuits"), () => (polls++, HttpResponse.json({ circuits: [circuit] }))));
    return { polls: () => polls, answer: (next: Circuit) => (circuit = next) };
  }

  it("rests while the page is hidden, and is up to date as soon as it is seen again", async () => {
    const counting = countsPolls();
    const visibility = vi.spyOn(document, "visibilityState", "get");
    const turn = async (to: DocumentVisibilityState) => {
      visibility.mockReturnValue(to);
      await act(async () => void document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
    };
    openCircuits();
    expect(await state()).toHaveTextContent("Closed");
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    await turn("hidden");
    const before = counting.polls();
    counting.answer(CIRCUIT_IN.open());
    await vi.advanceTimersByTimeAsync(30_000);
    expect(counting.polls()).toBe(before);
    vi.useRealTimers();
    await turn("visible");
    await waitFor(async () => expect(await state()).toHaveTextContent("Open"));
  });

  it("rests while the user has paused it, and goes on where they resume", async () => {
    const counting = countsPolls();
    const user = openCircuits();
    expect(await state()).toHaveTextContent("Closed");
    await user.click(screen.getByRole("button", { name: "Pause live updates" }));
    expect(screen.getByText("Paused")).toBeVisible();
    const before = counting.polls();
    counting.answer(CIRCUIT_IN.open());
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    expect(counting.polls()).toBe(before);
    const pressed = screen.getByRole("button", { name: "Pause live updates", pressed: true });
    // "Resume" beside it would tell the opposite of what is pressed.
    expect(pressed).not.toHaveAccessibleDescription();
    await user.click(pressed);
    await waitFor(async () => expect(await state()).toHaveTextContent("Open"));
  });
});

describe("the circuits beside the items", () => {
  it("are told in short, and lead to their page", async () => {
    const user = openPage();
    expect(await state()).toHaveTextContent("Closed");
    expect(await card()).toHaveTextContent("2 of 40 calls failed");
    await user.click(within(await card()).getByRole("link", { name: "retry" }));
    expect(await screen.findByRole("heading", { level: 1, name: "Circuits" })).toBeVisible();
    await waitFor(() => expect(document.title).toBe("Circuits · Circuit Breaker"));
  });
});
