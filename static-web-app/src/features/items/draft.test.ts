import { describe, expect, it } from "vitest";
import { type DraftInput, EMPTY_INPUT, parseDraft } from "./draft";

const input = (changed: Partial<DraftInput>): DraftInput => ({ ...EMPTY_INPUT, name: "Relay", ...changed });

describe("a draft", () => {
  it("is trimmed and has a number as its quantity", () => {
    expect(parseDraft(input({ name: " Relay ", quantity: " 12 " }))).toEqual({
      draft: { name: "Relay", description: "", quantity: 12 },
    });
  });

  it.each(["", " ", "\u0085", "\u200b", "\ufeff", "\u3164"])("refuses the name %j, in which nothing is visible", (name) => {
    expect(parseDraft(input({ name }))).toHaveProperty("errors.name");
  });

  it("counts characters, not UTF-16 units, against the limit", () => {
    expect(parseDraft(input({ name: "🔌".repeat(200) }))).toHaveProperty("draft");
    expect(parseDraft(input({ name: "🔌".repeat(201) }))).toEqual({
      errors: { name: "Shorten it to 200 characters; it has 201." },
    });
  });

  it.each(["", "1.5", "-1", "1e3", "0x10", "1,000", "1000000001"])("refuses the quantity %j", (quantity) => {
    expect(parseDraft(input({ quantity }))).toHaveProperty("errors.quantity");
  });

  it("tells every mistake at once", () => {
    const parsed = parseDraft({ name: " ", description: "x".repeat(2_001), quantity: "many" });
    expect(Object.keys("errors" in parsed ? parsed.errors : {})).toEqual(["name", "description", "quantity"]);
  });
});
