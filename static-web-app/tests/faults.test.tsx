import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import type { Fault } from "@/api/client";
import { api, at, problem } from "./api";
import { openPageAt } from "./page";
import { secondsAgo } from "./samples";

const failing = (changed: Partial<Fault> = {}): Fault => ({
  kind: "error",
  latency_ms: null,
  rate: 1,
  expires_at: secondsAgo(-40),
  ...changed,
});

type Asked = { method: string; target: string; body?: unknown };

/** An API that keeps faults as the real one does, apart from their expiry. */
function keepsFaults(faults: Record<string, Fault> = {}): Asked[] {
  const asked: Asked[] = [];
  const list = () => HttpResponse.json({ allowed: true, faults });
  api.use(
    http.get(at("/faults"), list),
    http.put(at("/faults/:target"), async ({ request, params }) => {
      const body = (await request.json()) as Fault & { expires_in_s: number };
      asked.push({ method: "PUT", target: String(params.target), body });
      faults[String(params.target)] = failing({ ...body, expires_at: secondsAgo(-body.expires_in_s) });
      return list();
    }),
    http.delete(at("/faults/:target"), ({ params }) => {
      asked.push({ method: "DELETE", target: String(params.target) });
      delete faults[String(params.target)];
      return new HttpResponse(null, { status: 204 });
    }),
    http.delete(at("/faults"), () => {
      asked.push({ method: "DELETE", target: "all" });
      for (const target of Object.keys(faults)) delete faults[target];
      return new HttpResponse(null, { status: 204 });
    }),
  );
  return asked;
}

const dependency = async (name: string) => within(await screen.findByRole("listitem", { name }));
const banner = () => screen.findByRole("region", { name: "Faults in force" });

async function openForm(name: string) {
  const user = openPageAt("/faults");
  const row = await dependency(name);
  await user.click(row.getByRole("button", { name: `Set a fault of the ${name}` }));
  return { user, form: within(row.getByRole("form", { name: `Fault of the ${name}` })) };
}

describe("the form of a fault", () => {
  it("sends what was chosen, and shows it in force with its end", async () => {
    const asked = keepsFaults();
    const { user, form } = await openForm("Cache");
    await user.click(form.getByRole("button", { name: "Latency" }));
    fireEvent.change(form.getByRole("slider"), { target: { value: "40" } });
    await user.clear(form.getByLabelText("Delay in milliseconds"));
    await user.type(form.getByLabelText("Delay in milliseconds"), "750");
    await user.click(form.getByRole("button", { name: "Set the fault" }));
    const row = await dependency("Cache");
    expect(await row.findByText("40 % of calls take 750 ms longer")).toBeVisible();
    expect(row.getByText(/^ends in (30|29) s$/)).toBeVisible();
    expect(asked).toEqual([
      { method: "PUT", target: "cache", body: { kind: "latency", rate: 0.4, latency_ms: 750, expires_in_s: 30 } },
    ]);
    expect(row.queryByRole("form")).not.toBeInTheDocument();
  });

  it.each(["", "0", "30001", "1.5", "soon"])("refuses the delay %j before anything is sent", async (delay) => {
    const asked = keepsFaults();
    const { user, form } = await openForm("Database");
    await user.click(form.getByRole("button", { name: "Latency" }));
    await user.clear(form.getByLabelText("Delay in milliseconds"));
    if (delay !== "") await user.type(form.getByLabelText("Delay in milliseconds"), delay);
    await user.click(form.getByRole("button", { name: "Set the fault" }));
    expect(form.getByText("Enter a whole number from 1 to 30,000, digits only.")).toBeVisible();
    expect(asked).toEqual([]);
  });

  it("shows the API's complaint at the field that it names, and others beside them", async () => {
    const errors = [
      { field: "expires_in_s", message: "must be a whole number from 1 to 900" },
      { field: "", message: "must be an object" },
    ];
    api.use(http.put(at("/faults/:target"), () => problem(400, "invalid-item", { errors })));
    const { user, form } = await openForm("Database");
    await user.click(form.getByRole("button", { name: "Set the fault" }));
    expect(await form.findByText("must be a whole number from 1 to 900")).toBeVisible();
    expect(form.getByText("must be an object")).toBeVisible();
    expect(form.getByText("No fault was set: invalid item")).toBeVisible();
  });

  it.each([
    [403, "faults-refused"],
    [404, "not-found"],
    [413, "payload-too-large"],
    [429, "too-many-requests"],
    [500, "internal"],
    [503, "service-unavailable"],
    [504, "deadline-exceeded"],
  ])("tells %i %s with its detail, and can be tried again", async (status, slug) => {
    api.use(http.put(at("/faults/:target"), () => problem(status, slug)));
    const { user, form } = await openForm("Retry Lambda");
    await user.click(form.getByRole("button", { name: "Set the fault" }));
    expect(await form.findByText(`No fault was set: ${slug.replaceAll("-", " ")}`)).toBeVisible();
    expect(form.getByText(`Detail of ${slug}.`, { exact: false })).toBeVisible();
    keepsFaults();
    await user.click(form.getByRole("button", { name: "Try again" }));
    expect(await (await dependency("Retry Lambda")).findByText("all calls fail at once")).toBeVisible();
  });

  it("tells that the API is not there", async () => {
    const { user, form } = await openForm("Database");
    api.use(http.put(at("/faults/:target"), () => HttpResponse.error()));
    await user.click(form.getByRole("button", { name: "Set the fault" }));
    expect(await form.findByText("No fault was set: the API cannot be reached")).toBeVisible();
  });
});

describe("faults in force", () => {
  it("are on every page, with the time left by the server's clock and a way to stop them all", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    const asked = keepsFaults({ database: failing(), cache: failing({ kind: "hang", rate: 0.5 }) });
    const user = openPageAt("/circuits");
    const shown = await banner();
    expect(shown).toHaveTextContent("Database: all calls fail at once, ends in 40 s");
    expect(shown).toHaveTextContent("Cache: 50 % of calls never end, ends in 40 s");
    await act(() => vi.advanceTimersByTimeAsync(5_000));
    expect(shown).toHaveTextContent("Database: all calls fail at once, ends in 35 s");
    await user.click(within(shown).getByRole("button", { name: "Stop all faults" }));
    await waitFor(() => expect(screen.queryByRole("region", { name: "Faults in force" })).not.toBeInTheDocument());
    expect(asked).toEqual([{ method: "DELETE", target: "all" }]);
  });

  it("can be stopped one by one", async () => {
    const asked = keepsFaults({ database: failing(), cache: failing() });
    const user = openPageAt("/faults");
    const row = await dependency("Database");
    await user.click(await row.findByRole("button", { name: "Stop the fault of the Database" }));
    expect(await row.findByText("no fault")).toBeVisible();
    expect(await banner()).toHaveTextContent("Cache");
    expect(asked).toEqual([{ method: "DELETE", target: "database" }]);
  });

  it("stay in sight when they cannot be stopped, with the reason", async () => {
    keepsFaults({ database: failing() });
    api.use(http.delete(at("/faults"), () => problem(503, "service-unavailable")));
    const user = openPageAt("/faults");
    await user.click(within(await banner()).getByRole("button", { name: "Stop the fault" }));
    expect(await within(await banner()).findByRole("alert")).toHaveTextContent(
      "The faults could not be stopped: service unavailable",
    );
  });
});

describe("the faults while the circuits cannot be read", () => {
  const UNKNOWN = /^The faults in force are not known/;

  it("are told where they are known", async () => {
    keepsFaults({ database: failing() });
    api.use(http.get(at("/circuits"), () => problem(503, "service-unavailable")));
    openPageAt("/faults");
    expect(await (await dependency("Database")).findByText("all calls fail at once")).toBeVisible();
    expect(await screen.findByText("Store away")).toBeVisible();
    expect(screen.queryByText(UNKNOWN)).not.toBeInTheDocument();
  });

  it("are told to be unknown where they are", async () => {
    api.use(
      http.get(at("/circuits"), () => HttpResponse.error()),
      http.get(at("/faults"), () => HttpResponse.error()),
    );
    openPageAt("/faults");
    expect(await screen.findByText(UNKNOWN)).toBeVisible();
  });
});

describe("the troubles to try", () => {
  it.each([
    ["Database down", { database: { kind: "error", rate: 1, expires_in_s: 30 } }],
    ["Hanging database", { database: { kind: "hang", rate: 1, expires_in_s: 30 } }],
    ["Slow cache", { cache: { kind: "latency", latency_ms: 500, rate: 1, expires_in_s: 30 } }],
    ["Every other call crashes", { retry: { kind: "crash", rate: 0.5, expires_in_s: 30 } }],
    ["Circuit store away", { store: { kind: "error", rate: 1, expires_in_s: 30 } }],
    [
      "Database and fallback down",
      { database: { kind: "error", rate: 1, expires_in_s: 30 }, fallback: { kind: "error", rate: 1, expires_in_s: 30 } },
    ],
  ])("%s asks for just what it says", async (name, plan) => {
    const asked = keepsFaults();
    const user = openPageAt("/faults");
    const preset = within(await screen.findByRole("listitem", { name }));
    await user.click(preset.getByRole("button", { name: `Start: ${name}` }));
    await waitFor(() => expect(asked).toHaveLength(Object.keys(plan).length));
    expect(Object.fromEntries(asked.map(({ target, body }) => [target, body]))).toEqual(plan);
    expect(await banner()).toBeVisible();
  });
});

describe("a stage that refuses faults", () => {
  it.each([
    ["they are refused", () => HttpResponse.json({ allowed: false, faults: {} })],
    ["there is no route to them", () => HttpResponse.json({ message: "Not Found" }, { status: 404 })],
  ])("says why, and offers nothing that could not work, because %s", async (_, answered) => {
    api.use(http.get(at("/faults"), answered));
    openPageAt("/faults");
    expect(await screen.findByText("This stage does not let anybody inject faults")).toBeVisible();
    expect(screen.getByRole("button", { name: "Start: Database down" })).toBeDisabled();
    expect(screen.getByRole("button", { name: "Set a fault of the Database" })).toBeDisabled();
    expect(screen.getByRole("button", { name: /^Start \d+ requests/ })).toBeEnabled();
  });
});
