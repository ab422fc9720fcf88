import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Session } from "@/shared/session/Session";
import { answersCircuits, answersItems, api, at, problem } from "./api";
import { openPage } from "./page";
import { CIRCUIT_IN, item, secondsAgo } from "./samples";

const SIGN_IN = { url: "https://items.auth.example.com", clientId: "web" };

/** A tab whose user has signed in, for as long as a token lives. */
async function signedIn(forS: number): Promise<Session> {
  const user = {
    access_token: "access-1",
    token_type: "Bearer",
    profile: { sub: "1", email: "ada@example.com" },
    expires_at: Math.floor(Date.now() / 1000) + forS,
  };
  sessionStorage.setItem("signed-in", "yes");
  sessionStorage.setItem(`oidc.user:${SIGN_IN.url}:${SIGN_IN.clientId}`, JSON.stringify(user));
  const session = new Session(SIGN_IN);
  await session.resume();
  return session;
}

afterEach(() => sessionStorage.clear());

describe("a sign-in whose token has run out", () => {
  it("is told to have ended as soon as the API asks for a token", async () => {
    let bearer: string | null = "not asked";
    api.use(
      answersItems([item()]),
      http.delete(at("/items/:id"), ({ request }) => {
        bearer = request.headers.get("authorization");
        return problem(401, "unauthorized");
      }),
    );
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    const user = openPage(SIGN_IN, await signedIn(600));
    expect(await screen.findByText("ada@example.com")).toBeVisible();
    await user.click(await screen.findByRole("button", { name: "Delete Copper wire" }));
    vi.setSystemTime(Date.now() + 601_000);
    await user.click(within(await screen.findByRole("dialog", { name: "Delete item" })).getByRole("button", { name: "Delete" }));
    expect(await screen.findByText("Not deleted: unauthorized")).toBeVisible();
    expect(bearer).toBeNull();
    expect(await screen.findByRole("button", { name: "Sign in" })).toBeVisible();
    expect(screen.queryByText("ada@example.com")).not.toBeInTheDocument();
  });
});

describe("what operators have written", () => {
  const given = CIRCUIT_IN.forced_open();
  const expires_at = given.override?.expires_at ?? "";
  const placed = { epoch: 8, at: secondsAgo(30), from: "closed", to: "forced_open", expires_at };
  const withheld = { reason: null, actor: null };

  function stage(trail: () => Response) {
    const bearers: (string | null)[] = [];
    const override = { mode: "force_open" as const, ...withheld, expires_at };
    api.use(
      answersCircuits({ ...given, cause: null, override }),
      http.get(at("/circuits/:name/events"), ({ request }) => {
        bearers.push(request.headers.get("authorization"));
        return HttpResponse.json({ events: [{ ...placed, ...withheld }], next_since: 8 });
      }),
      http.get(at("/circuits/:name/trail"), ({ request }) => {
        bearers.push(request.headers.get("authorization"));
        return trail();
      }),
    );
    window.history.replaceState(null, "", "/circuits");
    return bearers;
  }

  const card = () => screen.findByRole("article", { name: "Circuit retry" });

  it("is read by an operator, from the trail that takes a token", async () => {
    const told = { ...placed, reason: "drill", actor: "7d8f (jo)" };
    const bearers = stage(() => HttpResponse.json({ events: [told], next_since: 8 }));
    openPage(SIGN_IN, await signedIn(600));
    await waitFor(async () => expect(await card()).toHaveTextContent("Forced open by 7d8f (jo): drill"));
    expect(bearers).toEqual(["Bearer access-1"]);
  });

  it("is withheld from other users, who see what is public", async () => {
    const bearers = stage(() => problem(403, "operators-only"));
    openPage(SIGN_IN, await signedIn(600));
    await waitFor(async () => expect(await card()).toHaveTextContent("Forced open by an operator: the reason is for operators"));
    expect(bearers).toEqual(["Bearer access-1", null]);
    expect(screen.getByText("ada@example.com")).toBeVisible();
  });

  it("is not asked for without a token", async () => {
    const bearers = stage(() => problem(401, "sign-in-required"));
    openPage(SIGN_IN);
    await waitFor(() => expect(bearers).toEqual([null]));
  });
});
