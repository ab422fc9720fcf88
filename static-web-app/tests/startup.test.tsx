import { render, screen } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { ConfigProblem, loadRuntimeConfig, parseRuntimeConfig } from "@/app/runtimeConfig";
import { StartupProblem } from "@/app/StartupProblem";
import { api } from "./api";

const CONFIG = new URL("/config.json", window.location.origin).href;

function mistakesIn(text: string): readonly string[] {
  try {
    parseRuntimeConfig(text);
  } catch (problem) {
    if (problem instanceof ConfigProblem) return problem.mistakes;
    throw problem;
  }
  return [];
}

describe("config.json", () => {
  it("gives the address of the API without a slash at its end", async () => {
    api.use(http.get(CONFIG, () => HttpResponse.json({ apiUrl: "https://api.example.com/stage/" })));
    expect(await loadRuntimeConfig()).toEqual({ apiUrl: "https://api.example.com/stage", signIn: null });
  });

  it("is told to be missing with the status it was answered with", async () => {
    api.use(http.get(CONFIG, () => new HttpResponse(null, { status: 404, statusText: "Not Found" })));
    await expect(loadRuntimeConfig()).rejects.toThrow("/config.json was answered with 404 Not Found.");
  });

  it("is refused when the host answers with the page instead", () => {
    expect(mistakesIn("<!doctype html>")).toEqual(["What came as /config.json is not a JSON object."]);
  });

  it("is told every mistake at once", () => {
    expect(mistakesIn('{"apiURL": "https://api.example.com", "apiUrl": "api.example.com"}')).toEqual([
      '"apiURL" is not a setting; there are "apiUrl" and "signIn".',
      '"apiUrl" is "api.example.com", which is not an http(s) address without query.',
    ]);
  });

  it("says where to sign in, where the stage has that, and what is wrong with it", () => {
    const signIn = { url: "https://items.auth.example.com/", clientId: "web" };
    expect(parseRuntimeConfig(JSON.stringify({ apiUrl: "https://api.example.com", signIn }))).toEqual({
      apiUrl: "https://api.example.com",
      signIn: { url: "https://items.auth.example.com", clientId: "web" },
    });
    expect(mistakesIn('{"apiUrl": "https://api.example.com", "signIn": {"domain": 1}}')).toEqual([
      '"signIn.domain" is not a setting; there are "signIn.url" and "signIn.clientId".',
      '"signIn.url" is missing or is not text.',
      '"signIn.clientId" is missing or is not text.',
    ]);
  });

  it("fills the page with what is wrong and what would be right", () => {
    render(<StartupProblem problem={new ConfigProblem(['"apiUrl" is missing or is not text.'])} />);
    expect(screen.getByRole("alert")).toHaveTextContent('"apiUrl" is missing or is not text.');
    expect(screen.getByText('{ "apiUrl": "https://api.example.com" }')).toBeVisible();
  });
});
