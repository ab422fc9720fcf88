import type { components } from "@/api/schema";

export type Order = components["schemas"]["OrderRequest"];
export type Mode = Order["mode"];

/** What stands in the form: text, until it is a valid order. */
export interface OrderInput {
  mode: Mode;
  reason: string;
  actor: string;
  minutes: string;
}
export type OrderField = keyof OrderInput;
export type OrderErrors = Partial<Record<OrderField, string>>;

const REASON_MAX = 200;
const ACTOR_MAX = 100;
/** A day: an order that is needed longer is a change of the policy. */
const MINUTES_MAX = 24 * 60;

/** The order, or every mistake in the input at once. */
export function parseOrder(input: OrderInput): { order: Order } | { errors: OrderErrors } {
  const errors: OrderErrors = {};
  const reason = input.reason.trim();
  const actor = input.actor.trim();
  const reasonWrong = textWrong(reason, "Say why; it ends up in the audit trail.", REASON_MAX);
  const actorWrong = textWrong(actor, "Say who you are; it ends up in the audit trail.", ACTOR_MAX);
  const minutes = minutesOf(input.minutes);
  if (reasonWrong !== null) errors.reason = reasonWrong;
  if (actorWrong !== null) errors.actor = actorWrong;
  if (minutes === null) errors.minutes = `Enter whole minutes from 1 to ${MINUTES_MAX.toLocaleString("en")}: every override ends by itself.`;
  if (minutes === null || Object.keys(errors).length > 0) return { errors };
  return { order: { mode: input.mode, reason, actor, expires_in_s: minutes * 60 } };
}

/** The field of the form that stands for a field of the API. */
export function fieldOf(apiField: string): OrderField | null {
  if (apiField === "expires_in_s") return "minutes";
  return apiField === "mode" || apiField === "reason" || apiField === "actor" ? apiField : null;
}

function textWrong(text: string, missing: string, max: number): string | null {
  const length = [...text].length;
  if (length === 0) return missing;
  return length > max ? `Shorten it to ${max} characters; it has ${length}.` : null;
}

function minutesOf(text: string): number | null {
  const digits = text.trim();
  if (!/^\d{1,4}$/.test(digits)) return null;
  const minutes = Number(digits);
  return minutes >= 1 && minutes <= MINUTES_MAX ? minutes : null;
}
