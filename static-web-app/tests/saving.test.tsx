import { act, screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import { api, at, problem } from "./api";
import { openCreateDialog } from "./page";
import { item, servedBy } from "./samples";

const stored = (name: string) => HttpResponse.json({ data: item({ name, version: 1 }), served: servedBy("database") }, { status: 201 });
const create = () => screen.getByRole("button", { name: "Create" });

describe("creating an item", () => {
  it("tells every mistake at its field before anything is sent", async () => {
    const user = await openCreateDialog();
    await user.clear(screen.getByLabelText("Quantity"));
    await user.type(screen.getByLabelText("Quantity"), "-1");
    await user.click(create());
    expect(screen.getByLabelText("Name")).toBeInvalid();
    expect(screen.getByText("Enter a name.")).toBeVisible();
    expect(screen.getByText(/Enter a whole number from 0 to/)).toBeVisible();
  });

  it("shows the API's complaint at the field that it names, until the field is changed", async () => {
    const errors = [{ field: "name", message: "is taken" }];
    api.use(http.post(at("/items"), () => problem(422, "invalid-item", { errors })));
    const user = await openCreateDialog();
    await user.type(screen.getByLabelText("Name"), "Busbar");
    await user.click(create());
    expect(await screen.findByText("is taken")).toBeVisible();
    expect(screen.getByLabelText("Name")).toBeInvalid();
    await user.type(screen.getByLabelText("Name"), "s");
    expect(screen.getByLabelText("Name")).toBeValid();
  });

  it("sends the draft and says where the answer came from", async () => {
    let sent: unknown;
    api.use(
      http.post(at("/items"), async ({ request }) => {
        sent = await request.json();
        return stored("Busbar");
      }),
    );
    const user = await openCreateDialog();
    await user.type(screen.getByLabelText("Name"), " Busbar ");
    await user.clear(screen.getByLabelText("Quantity"));
    await user.type(screen.getByLabelText("Quantity"), "12");
    await user.click(create());
    const notice = (await screen.findByText("Created Busbar, version 1")).closest("[role=status]");
    expect(notice).toHaveTextContent("database");
    // An age would have all of it read out each second.
    expect(notice?.querySelector("time")).toBeNull();
    expect(sent).toEqual({ name: "Busbar", description: "", quantity: 12 });
  });
});

describe("a refused write", () => {
  async function refused() {
    const keys: (string | null)[] = [];
    let refusing = true;
    api.use(
      http.post(at("/items"), ({ request }) => {
        keys.push(request.headers.get("idempotency-key"));
        return refusing ? problem(503, "service-unavailable", { retry_after_s: 12 }) : stored("Busbar");
      }),
    );
    // The clock is the test's; what waits for the network stays real.
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    const user = await openCreateDialog();
    await user.type(screen.getByLabelText("Name"), "Busbar");
    await user.click(create());
    await screen.findByText("Not saved: service unavailable");
    return { user, keys, accept: () => (refusing = false) };
  }

  it("keeps the input and counts down to when it may be taken", async () => {
    await refused();
    expect(screen.getByLabelText("Name")).toHaveValue("Busbar");
    expect(screen.getByText("The API expects to take this again in 12 s.")).toBeVisible();
    await act(() => vi.advanceTimersByTimeAsync(5_000));
    expect(screen.getByText("The API expects to take this again in 7 s.")).toBeVisible();
    await act(() => vi.advanceTimersByTimeAsync(8_000));
    expect(screen.getByText("The wait is over: it may be taken now.")).toBeVisible();
  });

  it("is tried again under the same idempotency key", async () => {
    const { user, keys, accept } = await refused();
    accept();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("Created Busbar, version 1")).toBeVisible();
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys[0]]);
  });

  it("gets another key once the content is another", async () => {
    const { user, keys, accept } = await refused();
    accept();
    await user.type(screen.getByLabelText("Name"), " 2");
    await user.click(create());
    await waitFor(() => expect(keys).toHaveLength(2));
    expect(keys[1]).not.toBe(keys[0]);
  });
});

describe("every problem that a form can meet", () => {
  it.each([
    [400, "malformed-json"],
    [413, "payload-too-large"],
    [415, "unsupported-media-type"],
    [422, "idempotency-key-reused"],
    [429, "too-many-requests"],
    [500, "internal"],
    [503, "service-unavailable"],
    [504, "deadline-exceeded"],
  ])("%i %s is told with its detail and its request id, and keeps the input", async (status, slug) => {
    api.use(http.post(at("/items"), () => problem(status, slug)));
    const user = await openCreateDialog();
    await user.type(screen.getByLabelText("Name"), "Busbar");
    await user.click(create());
    expect(await screen.findByText(`Not saved: ${slug.replaceAll("-", " ")}`)).toBeVisible();
    expect(screen.getByText(`Detail of ${slug}.`, { exact: false })).toBeVisible();
    expect(screen.getByText("request-1")).toBeVisible();
    expect(screen.getByLabelText("Name")).toHaveValue("Busbar");
    expect(screen.getByRole("button", { name: "Try again" })).toBeEnabled();
  });

  it("an answer that is not the API's is told by its status", async () => {
    api.use(http.post(at("/items"), () => new HttpResponse("<h1>Bad gateway</h1>", { status: 502, statusText: "Bad Gateway" })));
    const user = await openCreateDialog();
    await user.type(screen.getByLabelText("Name"), "Busbar");
    await user.click(create());
    expect(await screen.findByText("Not saved: The API answered 502 Bad Gateway")).toBeVisible();
  });

  it.each([500, 504])("%i leaves the outcome open, and the form says so", async (status) => {
    api.use(http.post(at("/items"), () => problem(status, "trouble")));
    const user = await openCreateDialog();
    await user.type(screen.getByLabelText("Name"), "Busbar");
    await user.click(create());
    expect(await screen.findByText(/It may have been stored all the same/)).toBeVisible();
  });

  it.each([
    [503, "unknown", true],
    [503, "not_made", false],
    [504, "not_made", false],
  ] as const)("%i whose change is %s is uncertain: %s", async (status, change, uncertain) => {
    api.use(http.post(at("/items"), () => problem(status, "trouble", { change })));
    const user = await openCreateDialog();
    await user.type(screen.getByLabelText("Name"), "Busbar");
    await user.click(create());
    expect(await screen.findByText("Detail of trouble.")).toBeVisible();
    expect(screen.queryAllByText(/It may have been stored all the same/)).toHaveLength(uncertain ? 1 : 0);
  });

  it("a complaint about no field of the form is told beside the others", async () => {
    const errors = [{ field: "colour", message: "is not a field of an item" }];
    api.use(http.post(at("/items"), () => problem(400, "invalid-item", { errors })));
    const user = await openCreateDialog();
    await user.type(screen.getByLabelText("Name"), "Busbar");
    await user.click(create());
    expect(await screen.findByText(/is not a field of an item/)).toBeVisible();
  });
});

describe("a write without an answer", () => {
  it("says that the outcome is unknown and that trying again is safe", async () => {
    api.use(http.post(at("/items"), () => HttpResponse.error()));
    const user = await openCreateDialog();
    await user.type(screen.getByLabelText("Name"), "Busbar");
    await user.click(create());
    expect(await screen.findByText("Not saved: the API cannot be reached")).toBeVisible();
    expect(screen.getByText(/Trying again is safe/)).toBeVisible();
  });
});

describe("a write whose first sending is still under way", () => {
  async function sentTwice(underWay: number) {
    const keys: (string | null)[] = [];
    api.use(
      http.post(at("/items"), ({ request }) => {
        keys.push(request.headers.get("idempotency-key"));
        return keys.length > underWay ? stored("Busbar") : problem(409, "still-under-way", { retry_after_s: 0 });
      }),
    );
    const user = await openCreateDialog();
    await user.type(screen.getByLabelText("Name"), "Busbar");
    await user.click(create());
    return keys;
  }

  it("is sent again by itself, under the same key, until its outcome is known", async () => {
    const keys = await sentTwice(2);
    expect(await screen.findByText("Created Busbar, version 1")).toBeVisible();
    expect(keys).toEqual([expect.any(String), keys[0], keys[0]]);
  });

  it("is told to the user when it takes longer than any write should", async () => {
    const keys = await sentTwice(Number.POSITIVE_INFINITY);
    expect(await screen.findByText("Not saved: still under way")).toBeVisible();
    expect(keys).toHaveLength(6);
  });
});
