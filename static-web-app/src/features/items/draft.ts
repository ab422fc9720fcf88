import type { Item, ItemDraft } from "@/api/client";
import { isBlank } from "@/shared/blank";

/** What stands in the form: text, until it is a valid draft. */
export interface DraftInput {
  name: string;
  description: string;
  quantity: string;
}
export type DraftField = keyof DraftInput;
export type DraftErrors = Partial<Record<DraftField, string>>;

export const NAME_MAX = 200;
export const DESCRIPTION_MAX = 2_000;
export const QUANTITY_MAX = 1_000_000_000;

export const EMPTY_INPUT: DraftInput = { name: "", description: "", quantity: "0" };

export function inputOf(item: Item): DraftInput {
  return { name: item.name, description: item.description ?? "", quantity: String(item.quantity) };
}

export function isDraftField(field: string): field is DraftField {
  return field in EMPTY_INPUT;
}

/** The draft, or every mistake in the input at once. */
export function parseDraft(input: DraftInput): { draft: ItemDraft } | { errors: DraftErrors } {
  const errors: DraftErrors = {};
  const name = input.name.trim();
  if (name === "") errors.name = "Enter a name.";
  else if (isBlank(name)) errors.name = "Enter a name with a visible character.";
  else if (length(name) > NAME_MAX) errors.name = tooLong(name, NAME_MAX);
  if (length(input.description) > DESCRIPTION_MAX) errors.description = tooLong(input.description, DESCRIPTION_MAX);
  const quantity = quantityOf(input.quantity);
  if (quantity === null) errors.quantity = "Enter a whole number from 0 to 1,000,000,000, digits only.";
  if (quantity === null || Object.keys(errors).length > 0) return { errors };
  return { draft: { name, description: input.description, quantity } };
}

function quantityOf(text: string): number | null {
  const digits = text.trim();
  if (!/^\d{1,10}$/.test(digits)) return null;
  const quantity = Number(digits);
  return quantity <= QUANTITY_MAX ? quantity : null;
}

/** Counted as the API counts: in characters, not in UTF-16 units. */
function length(text: string): number {
  return [...text].length;
}

function tooLong(text: string, max: number): string {
  return `Shorten it to ${max.toLocaleString("en")} characters; it has ${length(text).toLocaleString("en")}.`;
}
