import { createHash } from "node:crypto";
import type { Page, Route } from "playwright-core";
import { describe, expect, it } from "vitest";
import { violations } from "../harness/axe.ts";
import { inBrowser, screenshot } from "../harness/browser.ts";
import { SCENES } from "../harness/scenes.ts";
import { problem, STAND_IN_PATH } from "../harness/standIn.ts";
import { CIRCUIT_IN } from "../../tests/samples.ts";

const CLIENT_ID = "the-page";
const base64url = (text: string) => Buffer.from(text).toString("base64url");
const idToken = (claims: object) => `${base64url('{"alg":"RS256"}')}.${base64url(JSON.stringify(claims))}.${base64url("signed")}`;

/** Cognito's side of the authorization code flow with PKCE, on the wire, below the page's own origin. */
class Cognito {
  asked: URLSearchParams | null = null;
  /** Whether whoever is sent here signs in, or turns back. */
  lets = true;
  signedOut = false;

  async serve(page: Page): Promise<void> {
    await page.route("**/oauth2/authorize?**", (route) => this.authorize(route));
    await page.route("**/oauth2/token", (route) => this.token(route));
    await page.route("**/logout?**", (route) => {
      this.signedOut = true;
      return route.fulfill({ status: 302, headers: { location: new URL(route.request().url()).searchParams.get("logout_uri") ?? "" } });
    });
  }

  private authorize(route: Route) {
    this.asked = new URL(route.request().url()).searchParams;
    const back = new URL(this.asked.get("redirect_uri") ?? "");
    back.searchParams.set("state", this.asked.get("state") ?? "");
    if (this.lets) back.searchParams.set("code", "one-time");
    else back.searchParams.set("error", "access_denied");
    return route.fulfill({ status: 302, headers: { location: back.href } });
  }

  /** A code is worth a token only to whoever knows the verifier of its challenge. */
  private token(route: Route) {
    const form = new URLSearchParams(route.request().postData() ?? "");
    const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    const right = form.get("code") === "one-time" && challenge === this.asked?.get("code_challenge");
    if (!right) return route.fulfill({ status: 400, json: { error: "invalid_grant" } });
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: "cognito", sub: "u-1", aud: CLIENT_ID, email: "ada@example.com", iat: now, exp: now + 1800 };
    return route.fulfill({ json: { access_token: "access-1", id_token: idToken(claims), token_type: "Bearer", expires_in: 1800 } });
  }
}

function guarded() {
  const standIn = SCENES.closed();
  const cognito = new Cognito();
  const bearers: (string | undefined)[] = [];
  standIn.also = (request) => {
    const path = new URL(request.url()).pathname;
    if (path !== `${STAND_IN_PATH}/circuits/retry/override` || request.method() !== "PUT") return null;
    bearers.push(request.headers().authorization);
    if (request.headers().authorization !== "Bearer access-1") return problem(401, "unauthorized");
    standIn.circuits = standIn.circuits.map((circuit) => (circuit.name === "retry" ? CIRCUIT_IN.forced_open() : circuit));
    return { status: 200, body: CIRCUIT_IN.forced_open() };
  };
  const before = async (page: Page) => {
    standIn.config = { signIn: { url: new URL("/", process.env.WEB_URL).href, clientId: CLIENT_ID } };
    await cognito.serve(page);
  };
  return { standIn, cognito, bearers, options: { standIn, before } };
}

async function placeOverride(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Override retry" }).click();
  await page.getByLabel("Reason").fill("drill");
  await page.getByLabel("Your name (optional)").fill("ada");
  await page.getByRole("button", { name: "Review" }).click();
  await page.getByRole("button", { name: "Force open now" }).click();
}

describe("where the stage has a sign-in", () => {
  it("protected controls explain themselves, lead to it, and come back to the same page signed in", () => {
    const { options, cognito, bearers } = guarded();
    return inBrowser("/circuits?window=15", options, async (page) => {
      await page.getByText("Only operators may override circuits.").first().waitFor();
      expect(await page.getByRole("button", { name: "Override retry" }).count()).toBe(0);
      expect(await violations(page)).toEqual([]);
      await screenshot(page, "circuits-signed-out-light", true);
      await page.getByRole("link", { name: "Faults" }).click();
      await page.getByText("Only operators may inject faults.").waitFor();
      await page.goBack();

      await page.getByRole("button", { name: "Sign in to override circuits" }).first().click();
      await page.getByText("ada@example.com").waitFor();
      expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/circuits?window=15");
      expect(Object.fromEntries(cognito.asked ?? [])).toMatchObject({
        client_id: CLIENT_ID,
        response_type: "code",
        code_challenge_method: "S256",
        scope: "openid email",
      });
      expect(await page.evaluate(() => Object.keys(localStorage))).not.toContainEqual(expect.stringMatching(/oidc/));

      await placeOverride(page);
      await page.getByText("Force open: retry, for 10 min").waitFor();
      expect(bearers).toEqual(["Bearer access-1"]);

      await page.reload();
      await page.getByText("ada@example.com").waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
      expect(cognito.signedOut).toBe(true);
    });
  });

  it("whoever turns back is told, and may try again", () => {
    const { options, cognito } = guarded();
    cognito.lets = false;
    return inBrowser("/circuits", options, async (page) => {
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.waitForURL((url) => url.pathname === "/" && url.search === "");
      await page.getByRole("link", { name: "Circuits" }).click();
      await page.getByText(/You are not signed in: access_denied/).first().waitFor();
    });
  });

  it("a token that the API no longer takes ends the sign-in", () => {
    const { options, standIn } = guarded();
    return inBrowser("/circuits", options, async (page) => {
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByText("ada@example.com").waitFor();
      await page.getByRole("link", { name: "Circuits" }).click();
      standIn.also = (request) => (request.method() === "PUT" ? problem(401, "unauthorized") : null);
      await placeOverride(page);
      await page.getByText("Not placed: unauthorized").waitFor();
      await page.getByText("Your sign-in has ended.").first().waitFor();
    });
  });
});

describe("where it has none", () => {
  it("nothing speaks of signing in", () =>
    inBrowser("/circuits", { standIn: SCENES.closed() }, async (page) => {
      await page.getByRole("button", { name: "Override retry" }).waitFor();
      expect(await page.getByText("Sign in").count()).toBe(0);
    }));
});
