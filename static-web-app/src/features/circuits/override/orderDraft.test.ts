import { describe, expect, it } from "vitest";
import { fieldOf, type OrderInput, parseOrder } from "./orderDraft";

const input = (changed: Partial<OrderInput>): OrderInput => ({
  mode: "force_open",
  reason: "drill",
  actor: "ada",
  minutes: "10",
  ...changed,
});

describe("an order", () => {
  it("is trimmed and expires in seconds", () => {
    expect(parseOrder(input({ reason: " drill ", actor: " ada " }))).toEqual({
      order: { mode: "force_open", reason: "drill", actor: "ada", expires_in_s: 600 },
    });
  });

  it("is told every mistake at once", () => {
    const parsed = parseOrder(input({ reason: " ", actor: "a".repeat(101), minutes: "soon" }));
    expect(parsed).toEqual({
      errors: {
        reason: "Say why; it ends up in the audit trail.",
        actor: "Shorten it to 100 characters; it has 101.",
        minutes: "Enter whole minutes from 1 to 1,440: every override ends by itself.",
      },
    });
  });

  it.each(["", "0", "-1", "1.5", "1441", "1e2"])("does not expire after %j minutes", (minutes) => {
    expect(parseOrder(input({ minutes }))).toHaveProperty("errors.minutes");
  });

  it("knows its fields by the API's names for them", () => {
    expect(["expires_in_s", "reason", "why"].map(fieldOf)).toEqual(["minutes", "reason", null]);
  });
});
