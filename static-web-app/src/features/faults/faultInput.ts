import type { FaultKind, FaultRequest } from "@/api/client";
import type { FieldError } from "@/api/problem";

/** What stands in the form, until it is a fault that can be asked for. */
export interface FaultInput {
  kind: FaultKind;
  percent: number;
  latencyMs: string;
  expiresInS: number;
}
export type FaultErrors = Partial<Record<keyof FaultInput, string>>;

export const LATENCY_MAX_MS = 30_000;
export const EXPIRIES_S: readonly number[] = [15, 30, 60, 300, 900];
export const FIRST_INPUT: FaultInput = { kind: "error", percent: 100, latencyMs: "500", expiresInS: 30 };

/** The fault, or every mistake in the input at once. */
export function parseFault(input: FaultInput): { fault: FaultRequest } | { errors: FaultErrors } {
  const errors: FaultErrors = {};
  const { kind, percent, expiresInS } = input;
  if (!(percent > 0 && percent <= 100)) errors.percent = "Choose a rate from 1 to 100 %.";
  const fault: FaultRequest = { kind, rate: percent / 100, expires_in_s: expiresInS };
  if (kind === "latency") {
    const latency = latencyOf(input.latencyMs);
    if (latency === null) errors.latencyMs = "Enter a whole number from 1 to 30,000, digits only.";
    else fault.latency_ms = latency;
  }
  return Object.keys(errors).length > 0 ? { errors } : { fault };
}

function latencyOf(text: string): number | null {
  const digits = text.trim();
  if (!/^\d{1,5}$/.test(digits)) return null;
  const latency = Number(digits);
  return latency >= 1 && latency <= LATENCY_MAX_MS ? latency : null;
}

const FIELDS: Record<string, keyof FaultInput> = {
  kind: "kind",
  rate: "percent",
  latency_ms: "latencyMs",
  expires_in_s: "expiresInS",
};

/** The API's complaints at the fields that they are about; `elsewhere` are those without one. */
export function placed(complaints: readonly FieldError[]): { errors: FaultErrors; elsewhere: FieldError[] } {
  const errors: FaultErrors = {};
  const elsewhere: FieldError[] = [];
  for (const complaint of complaints) {
    const field = FIELDS[complaint.field];
    if (field === undefined) elsewhere.push(complaint);
    else errors[field] = complaint.message;
  }
  return { errors, elsewhere };
}
