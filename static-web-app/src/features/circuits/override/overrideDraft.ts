import type { components } from "@/api/schema";
import { isBlank } from "@/shared/blank";

export type OverrideRequest = components["schemas"]["OverrideRequest"];
export type Mode = OverrideRequest["mode"];

/** What stands in the form: text, until it is a valid order. */
export interface OverrideInput {
  mode: Mode;
  reason: string;
  displayName: string;
  minutes: string;
}
export type OverrideField = keyof OverrideInput;
export type OverrideErrors = Partial<Record<OverrideField, string>>;

const REASON_MAX = 200;
const DISPLAY_NAME_MAX = 100;
/** A day: an override that is needed longer is a change of the policy. */
const MINUTES_MAX = 24 * 60;

/** The override, or every mistake in the input at once. */
export function parseOverride(input: OverrideInput): { override: OverrideRequest } | { errors: OverrideErrors } {
  const errors: OverrideErrors = {};
  const reason = input.reason.trim();
  const displayName = input.displayName.trim();
  const reasonWrong = isBlank(reason) ? "Say why; it ends up in the audit trail." : tooLong(reason, REASON_MAX);
  const displayNameWrong = tooLong(displayName, DISPLAY_NAME_MAX);
  const minutes = minutesOf(input.minutes);
  if (reasonWrong !== null) errors.reason = reasonWrong;
  if (displayNameWrong !== null) errors.displayName = displayNameWrong;
  if (minutes === null) errors.minutes = `Enter whole minutes from 1 to ${MINUTES_MAX.toLocaleString("en")}: every override ends by itself.`;
  if (minutes === null || Object.keys(errors).length > 0) return { errors };
  const shown = isBlank(displayName) ? {} : { display_name: displayName };
  return { override: { mode: input.mode, reason, ...shown, expires_in_s: minutes * 60 } };
}

/** The field of the form that stands for a field of the API. */
export function fieldOf(apiField: string): OverrideField | null {
  if (apiField === "expires_in_s") return "minutes";
  if (apiField === "display_name") return "displayName";
  return apiField === "mode" || apiField === "reason" ? apiField : null;
}

function tooLong(text: string, max: number): string | null {
  const length = [...text].length;
  return length > max ? `Shorten it to ${max} characters; it has ${length}.` : null;
}

function minutesOf(text: string): number | null {
  const digits = text.trim();
  if (!/^\d{1,4}$/.test(digits)) return null;
  const minutes = Number(digits);
  return minutes >= 1 && minutes <= MINUTES_MAX ? minutes : null;
}
