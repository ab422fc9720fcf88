import { useState } from "react";
import { ApiProblem } from "@/api/problem";
import { fieldOf, type OverrideRequest, type OverrideErrors, type OverrideField, type OverrideInput, parseOverride } from "./overrideDraft";
import { usePlaceOverride } from "./overrideQueries";

const NAME_REMEMBERED_AS = "display-name";

/** The form of an override, from its first key press to the override in force. */
export function useOverrideForm(circuit: string, onPlaced: (override: OverrideRequest) => void) {
  const [input, setInput] = useState<OverrideInput>(() => ({
    mode: "force_open",
    reason: "",
    displayName: localStorage.getItem(NAME_REMEMBERED_AS) ?? "",
    minutes: "10",
  }));
  const [errors, setErrors] = useState<OverrideErrors>({});
  /** What is about to be placed, once it is valid and until it is confirmed. */
  const [override, setOverride] = useState<OverrideRequest | null>(null);
  const place = usePlaceOverride(circuit);

  const review = () => {
    const parsed = parseOverride(input);
    setErrors("errors" in parsed ? parsed.errors : {});
    if ("override" in parsed) setOverride(parsed.override);
  };
  const back = () => {
    setOverride(null);
    place.reset();
  };
  const confirm = () => {
    if (override === null || place.isPending) return;
    localStorage.setItem(NAME_REMEMBERED_AS, override.display_name ?? "");
    place.mutate(override, {
      onSuccess: () => onPlaced(override),
      onError: (error) => {
        const refused = refusedFields(error);
        if (Object.keys(refused).length === 0) return;
        setErrors(refused);
        back();
      },
    });
  };
  const change = <Field extends OverrideField>(field: Field, value: OverrideInput[Field]) => {
    setInput((before) => ({ ...before, [field]: value }));
    setErrors(({ [field]: _corrected, ...others }) => others);
  };
  return { input, errors, override, place, review, back, confirm, change };
}

/** The API's complaints that belong at a field of the form. */
function refusedFields(error: Error): OverrideErrors {
  const errors: OverrideErrors = {};
  if (!(error instanceof ApiProblem)) return errors;
  for (const { field, message } of error.fieldErrors) {
    const own = fieldOf(field);
    if (own !== null) errors[own] = message;
  }
  return errors;
}
