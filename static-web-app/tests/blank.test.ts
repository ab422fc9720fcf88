import { describe, expect, it } from "vitest";
import { isBlank } from "@/shared/blank";
import ranges from "../../crates/contract/unicode/blank.json";
import openapi from "../openapi.json";

type Fields = Record<string, { pattern?: string }>;

const LAST = 0x10ffff;
const listed = ranges.map((range) => range.map((code) => parseInt(code, 16)));

/** Whether each code point is in the list. */
const blank = new Uint8Array(LAST + 1);
for (const [first, last] of listed) blank.fill(1, first, (last ?? 0) + 1);

/** The characters that are judged otherwise than the list does, of all that there are. */
function misjudged(judge: (character: string) => boolean): string[] {
  const wrong: string[] = [];
  for (let code = 0; code <= LAST; code++) {
    // Half a character is none.
    if (code === 0xd800) code = 0xe000;
    if (judge(String.fromCodePoint(code)) !== (blank[code] === 1)) wrong.push(`U+${code.toString(16)}`);
  }
  return wrong;
}

/** The patterns of all fields that must be visible, by the API's description. */
function described(): { field: string; pattern: string }[] {
  const schemas: object[] = Object.values(openapi.components.schemas);
  const fields = schemas.flatMap((schema) => ("properties" in schema ? Object.entries(schema.properties as Fields) : []));
  return fields.flatMap(([field, { pattern }]) => (pattern?.includes("White_Space") ? [{ field, pattern }] : []));
}

describe("a blank text", () => {
  it("has none but the listed characters", () => {
    expect(misjudged(isBlank)).toEqual([]);
  });

  it("is blank by the API's description too, in every field that must be visible", () => {
    expect(described().map(({ field }) => field)).toEqual(expect.arrayContaining(["name", "reason"]));
    for (const pattern of new Set(described().map(({ pattern }) => pattern))) {
      const visible = new RegExp(pattern, "u");
      expect(misjudged((character) => !visible.test(character))).toEqual([]);
    }
  });

  it("is visible as soon as one character is", () => {
    expect(["", "\ufeff\u0085\u200b\u3164\t"].map(isBlank)).toEqual([true, true]);
    expect(["\ufeffx\u200b", "\u2764\ufe0f", "!"].map(isBlank)).toEqual([false, false, false]);
  });
});
