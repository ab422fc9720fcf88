import { useState } from "react";
import type { Item } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { type DraftErrors, type DraftField, type DraftInput, EMPTY_INPUT, inputOf, isDraftField, parseDraft } from "./draft";
import { useIntentKey } from "./intentKey";
import { useReloadItem, useSaveItem } from "./itemQueries";

export type SaveAnswer = NonNullable<ReturnType<typeof useSaveItem>["data"]>;

/** The state of one create or edit form, from its first key press to the stored item. */
export function useItemEdit(item: Item | null, onSaved: (answer: SaveAnswer) => void) {
  const [base, setBase] = useState(item);
  const [overtakenBy, setOvertakenBy] = useState<Item | null>(null);
  const [input, setInput] = useState<DraftInput>(item === null ? EMPTY_INPUT : inputOf(item));
  const [errors, setErrors] = useState<DraftErrors>({});
  const save = useSaveItem();
  const reload = useReloadItem();
  const keyOf = useIntentKey();

  const submit = () => {
    const parsed = parseDraft(input);
    setErrors("errors" in parsed ? parsed.errors : {});
    if ("errors" in parsed || save.isPending) return;
    const content = { draft: parsed.draft, base };
    save.mutate(
      { ...content, intentKey: keyOf(content) },
      { onSuccess: onSaved, onError: (error) => setErrors(fieldErrorsOf(error)) },
    );
  };
  const change = (field: DraftField, value: string) => {
    setInput((before) => ({ ...before, [field]: value }));
    setErrors(({ [field]: _corrected, ...others }) => others);
  };
  const reloadStored = (id: string) =>
    reload.mutate(id, {
      onSuccess: ({ data }) => {
        setBase(data);
        setOvertakenBy(data);
        save.reset();
      },
    });
  const takeStored = (stored: Item) => {
    setInput(inputOf(stored));
    setErrors({});
    setOvertakenBy(null);
  };
  return { base, overtakenBy, input, errors, save, reload, submit, change, reloadStored, takeStored };
}

/** The API's complaints that belong at a field of the form. */
function fieldErrorsOf(error: Error): DraftErrors {
  const errors: DraftErrors = {};
  if (!(error instanceof ApiProblem)) return errors;
  for (const { field, message } of error.fieldErrors) {
    if (isDraftField(field)) errors[field] = message;
  }
  return errors;
}
