import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { CircuitEvent, Fault, Served } from "@/api/client";
import { api, at, problem } from "./api";
import { openPageAt } from "./page";
import { closedCircuit, item, secondsAgo, servedBy } from "./samples";

/**
 * An API with one circuit that opens after a few failures and closes after a few probes, so that
 * the incident finds what it waits for as it would in the real system, only sooner.
 */
function smallSystem() {
  const system = {
    fault: null as Fault | null,
    state: "closed" as "closed" | "open" | "half_open",
    events: [] as CircuitEvent[],
    failures: 0,
    asked: [] as string[],
  };
  const move = (to: typeof system.state, reason: string) => {
    system.events.push({ epoch: 5 + system.events.length, at: secondsAgo(0), from: system.state, to, reason, actor: "breaker" });
    system.state = to;
  };
  const call = (): Served => {
    if (system.state === "closed" && system.fault !== null && ++system.failures > 3) move("open", "4 calls failed");
    else if (system.state === "open" && system.fault === null) move("half_open", "the open time is over");
    else if (system.state === "half_open") move("closed", "3 probes succeeded");
    if (system.state === "open") {
      const attempts = [{ target: "retry" as const, outcome: "rejected" as const, started_ms: 0, duration_ms: 0 }];
      return servedBy("fallback", { attempts });
    }
    return servedBy(system.fault === null ? "database" : "fallback");
  };
  api.use(
    http.get(at("/faults"), () => HttpResponse.json({ allowed: true, faults: system.fault ? { database: system.fault } : {} })),
    http.put(at("/faults/database"), () => {
      system.asked.push("break");
      system.fault = { kind: "error", latency_ms: null, rate: 1, expires_at: secondsAgo(-60) };
      return HttpResponse.json({ allowed: true, faults: {} });
    }),
    http.delete(at("/faults/database"), () => {
      system.asked.push("heal");
      system.fault = null;
      return new HttpResponse(null, { status: 204 });
    }),
    http.get(at("/circuits"), () =>
      HttpResponse.json({ circuits: [closedCircuit({ state: system.state, epoch: 4 + system.events.length })] }),
    ),
    http.get(at("/circuits/:name/events"), ({ request }) => {
      const since = Number(new URL(request.url).searchParams.get("since"));
      return HttpResponse.json({ events: system.events.filter(({ epoch }) => epoch > since), next_since: 4 + system.events.length });
    }),
    http.get(at("/items"), () => HttpResponse.json({ data: { items: [item()], next_cursor: null }, served: call() })),
    http.post(at("/items"), () => {
      system.asked.push("write");
      return problem(503, "service-unavailable", { retry_after_s: 7 });
    }),
  );
  return system;
}

const main = (name: string | RegExp) => screen.findByRole("button", { name }, { timeout: 15_000 });
const evidence = (title: string) => screen.getByRole("list", { name: `Evidence of: ${title}` });

describe("the guided incident", () => {
  it("leads from health to recovery by the keyboard alone, and ticks off what it has seen", async () => {
    const system = smallSystem();
    const user = openPageAt("/incident");
    (await main("Begin")).focus();
    for (const label of ["Begin", "Read items", "Next: Put load on it", "Start the load", "Next: Take the database away"]) {
      await main(label);
      await user.keyboard("{Enter}");
    }
    expect(system.asked).toEqual([]);
    for (const label of ["Break the database", "Next: The circuit opens", "Next: A write is refused", "Try to create an item"]) {
      await main(label);
      await user.keyboard("{Enter}");
    }
    expect(evidence("Take the database away")).toHaveTextContent(/labelled as degraded: \d+ requests?/);
    expect(evidence("The circuit opens")).toHaveTextContent("The circuit opens: 4 calls failed");
    await main("Next: The database comes back");
    expect(evidence("A write is refused")).toHaveTextContent("503, Retry-After: 7 s");
    for (const label of ["Next: The database comes back", "Bring the database back", "Next: The way back", "Finish"]) {
      await main(label);
      await user.keyboard("{Enter}");
    }
    expect(evidence("The way back")).toHaveTextContent("The circuit closes: 3 probes succeeded");
    expect(await screen.findByText(/The incident is over/)).toBeVisible();
    expect(await main("Play it again")).toHaveFocus();
    expect(system.asked).toEqual(["break", "write", "heal"]);
    await waitFor(() => expect(screen.queryByRole("region", { name: "Running load" })).not.toBeInTheDocument());
  }, 60_000);

  async function untilBroken() {
    const system = smallSystem();
    const user = openPageAt("/incident");
    for (const label of ["Begin", "Read items", "Next: Put load on it", "Start the load", "Next: Take the database away", "Break the database"]) {
      await user.click(await main(label));
    }
    await waitFor(() => expect(system.asked).toEqual(["break"]));
    return { system, user };
  }

  it("stops what it started when it is left", async () => {
    const { system, user } = await untilBroken();
    await user.click(await main("Leave and stop everything"));
    await waitFor(() => expect(system.asked).toEqual(["break", "heal"]));
    expect(screen.queryByRole("region", { name: "Running load" })).not.toBeInTheDocument();
    expect(await main("Begin")).toBeVisible();
  }, 40_000);

  it("stops what it started when its page is left", async () => {
    const { system, user } = await untilBroken();
    await user.click(screen.getByRole("link", { name: "Circuits" }));
    await waitFor(() => expect(system.asked).toEqual(["break", "heal"]));
    expect(screen.queryByRole("region", { name: "Running load" })).not.toBeInTheDocument();
  }, 40_000);

  /** Answers of the API that come only when they are let through. */
  function heldOpen() {
    let answer = () => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    return { held, answer };
  }

  it("ends the fault that began only after it was left, and starts no load for it", async () => {
    const system = smallSystem();
    const { held, answer } = heldOpen();
    let arrived = false;
    api.use(
      http.put(at("/faults/database"), async () => {
        arrived = true;
        await held;
        system.asked.push("break");
        return HttpResponse.json({ allowed: true, faults: {} });
      }),
    );
    const user = openPageAt("/incident");
    for (const label of ["Begin", "Read items", "Next: Put load on it", "Start the load", "Next: Take the database away", "Break the database"]) {
      await user.click(await main(label));
    }
    await waitFor(() => expect(arrived).toBe(true));
    await user.click(await main("Leave and stop everything"));
    await waitFor(() => expect(system.asked).toEqual(["heal"]));
    answer();
    await waitFor(() => expect(system.asked).toEqual(["heal", "break", "heal"]));
    expect(await main("Begin")).toBeVisible();
    expect(screen.queryByRole("region", { name: "Running load" })).not.toBeInTheDocument();
  }, 40_000);

  it("deletes the item that was written only after it was left", async () => {
    const system = smallSystem();
    const { held, answer } = heldOpen();
    let arrived = false;
    api.use(
      http.post(at("/items"), async () => {
        arrived = true;
        await held;
        return HttpResponse.json({ data: item({ id: "late" }), served: servedBy("database") }, { status: 201 });
      }),
      http.delete(at("/items/:id"), ({ params }) => {
        system.asked.push(`delete ${String(params.id)}`);
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const user = openPageAt("/incident");
    for (const label of ["Begin", "Read items", "Next: Put load on it", "Start the load", "Next: Take the database away", "Break the database"]) {
      await user.click(await main(label));
    }
    await user.click(await main("Next: The circuit opens"));
    await user.click(await main(/^Next: A write is refused|^Go on without waiting/));
    await user.click(await main("Try to create an item"));
    await waitFor(() => expect(arrived).toBe(true));
    await user.click(await main("Leave and stop everything"));
    await waitFor(() => expect(system.asked).toEqual(["break", "heal"]));
    answer();
    await waitFor(() => expect(system.asked).toEqual(["break", "heal", "delete late"]));
    expect(await main("Begin")).toBeVisible();
  }, 60_000);

  it("does not tick off what has not been seen, and offers to go on without it", async () => {
    smallSystem();
    api.use(http.get(at("/items"), () => problem(503, "service-unavailable")));
    const user = openPageAt("/incident");
    await user.click(await main("Begin"));
    await user.click(await main("Read items"));
    const items = within(evidence("All is well")).getByText("Items are served, and not as copies").closest("li");
    expect(items).not.toBeNull();
    await waitFor(() => expect(evidence("All is well")).toHaveTextContent("The circuit lets every call through: closed"));
    expect(within(items as HTMLElement).getByRole("img", { name: "not seen yet" })).toBeInTheDocument();
    await user.click(await main("Go on without waiting"));
    expect(await main("Start the load")).toBeVisible();
  });

  it("says that its load has run out, and starts it again", async () => {
    smallSystem();
    api.use(http.get(at("/items"), () => problem(503, "service-unavailable")));
    const user = openPageAt("/incident");
    await user.click(await main("Begin"));
    await user.click(await main("Read items"));
    await user.click(within(await screen.findByRole("region", { name: "Running load" })).getByRole("button"));
    await user.click(await main("It has run out: start it again"));
    expect(await screen.findByRole("region", { name: "Running load" })).toBeVisible();
  });

  it("tells when a step could not be taken", async () => {
    smallSystem();
    api.use(http.put(at("/faults/database"), () => problem(403, "faults-refused")));
    const user = openPageAt("/incident");
    for (const label of ["Begin", "Read items", "Next: Put load on it", "Start the load", "Next: Take the database away", "Break the database"]) {
      await user.click(await main(label));
    }
    expect(await screen.findByText("The step could not be taken: faults refused")).toBeVisible();
  }, 40_000);

  it("explains itself where the stage refuses faults", async () => {
    api.use(http.get(at("/faults"), () => HttpResponse.json({ allowed: false, faults: {} })));
    openPageAt("/incident");
    expect(await screen.findByText("This stage does not let anybody inject faults")).toBeVisible();
    expect(await main("Begin")).toBeDisabled();
  });
});
