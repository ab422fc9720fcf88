import { screen, within } from "@testing-library/react";
import { http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Session } from "@/shared/session/Session";
import { answersItems, api, at, problem } from "./api";
import { openPage } from "./page";
import { item } from "./samples";

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
