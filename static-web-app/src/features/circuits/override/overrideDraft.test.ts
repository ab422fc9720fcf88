import { describe, expect, it } from "vitest";
import { fieldOf, type OverrideInput, parseOverride } from "./overrideDraft";

const input = (changed: Partial<OverrideInput>): OverrideInput => ({
  mode: "force_open",
  reason: "drill",
  displayName: "ada",
  minutes: "10",
  ...changed,
});

describe("an override", () => {
  it("is trimmed and expires in seconds", () => {
    expect(parseOverride(input({ reason: " drill ", displayName: " ada " }))).toEqual({
      override: { mode: "force_open", reason: "drill", display_name: "ada", expires_in_s: 600 },
    });
  });

  it("needs no name", () => {
    expect(parseOverride(input({ displayName: " " }))).toEqual({
      override: { mode: "force_open", reason: "drill", expires_in_s: 600 },
    });
  });

  it("reports every mistake at once", () => {
    const parsed = parseOverride(input({ reason: " ", displayName: "a".repeat(101), minutes: "soon" }));
    expect(parsed).toEqual({
      errors: {
        reason: "Say why; it ends up in the audit trail.",
        displayName: "Shorten it to 100 characters; it has 101.",
        minutes: "Enter whole minutes from 1 to 1,440: every override ends by itself.",
      },
    });
  });

  it.each(["\u0085", "\u200b", "\ufeff"])("has no reason and no display name in %j, where nothing is visible", (blank) => {
    expect(parseOverride(input({ reason: blank }))).toHaveProperty("errors.reason");
    expect(parseOverride(input({ displayName: blank }))).not.toHaveProperty("override.display_name");
    expect(parseOverride(input({ displayName: blank }))).toHaveProperty("override");
  });

  it.each(["", "0", "-1", "1.5", "1441", "1e2"])("does not expire after %j minutes", (minutes) => {
    expect(parseOverride(input({ minutes }))).toHaveProperty("errors.minutes");
  });

  it("knows its fields by the API's names for them", () => {
    const fields = ["expires_in_s", "display_name", "reason", "actor"].map(fieldOf);
    expect(fields).toEqual(["minutes", "displayName", "reason", null]);
  });
});
