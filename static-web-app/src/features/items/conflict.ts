import type { Item } from "@/api/client";
import { type DraftField, type DraftInput, inputOf } from "./draft";

export type Side = "yours" | "theirs";
export type Choices = Partial<Record<DraftField, Side>>;

/** A field of which the user's and the saved value differ. */
export interface Difference {
  field: DraftField;
  yours: string;
  theirs: string;
  /** Whose change it is, seen from the version that the edit began with. */
  changedBy: Side | "both";
}

/** An edit that was overtaken: `base` is what it began with, `theirs` what is saved now. */
export interface Conflict {
  base: Item;
  theirs: Item;
  yours: DraftInput;
}

export const FIELDS: readonly DraftField[] = ["name", "description", "quantity"];

export function differences({ base, theirs, yours }: Conflict): Difference[] {
  const [before, saved] = [inputOf(base), inputOf(theirs)];
  return FIELDS.filter((field) => saved[field] !== yours[field]).map((field) => ({
    field,
    yours: yours[field],
    theirs: saved[field],
    changedBy: yours[field] === before[field] ? "theirs" : saved[field] === before[field] ? "yours" : "both",
  }));
}

/** Where one side alone has changed a field, that change is meant; where both have, somebody has to choose. */
export function obviousChoices(conflict: Conflict): Choices {
  const choices: Choices = {};
  for (const { field, changedBy } of differences(conflict)) {
    if (changedBy !== "both") choices[field] = changedBy;
  }
  return choices;
}

/** What the choices make of both versions; null while one is missing. */
export function resolved(conflict: Conflict, choices: Choices): DraftInput | null {
  const result = { ...conflict.yours };
  for (const { field, theirs } of differences(conflict)) {
    const choice = choices[field];
    if (choice === undefined) return null;
    if (choice === "theirs") result[field] = theirs;
  }
  return result;
}
