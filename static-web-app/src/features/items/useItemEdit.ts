import { useState } from "react";
import type { Item } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { type Choices, type Conflict, obviousChoices, resolved } from "./conflict";
import { type DraftErrors, type DraftField, type DraftInput, EMPTY_INPUT, inputOf, isDraftField, parseDraft } from "./draft";
import { useIntentKey } from "./intentKey";
import { isConflict, useReloadItem, useSaveItem } from "./itemQueries";

export type SaveAnswer = NonNullable<ReturnType<typeof useSaveItem>["data"]>;

/** The state of one create or edit form, from its first key press to the stored item. */
export function useItemEdit(item: Item | null, onSaved: (answer: SaveAnswer) => void) {
  const [base, setBase] = useState(item);
  const [input, setInput] = useState<DraftInput>(item === null ? EMPTY_INPUT : inputOf(item));
  const [errors, setErrors] = useState<DraftErrors>({});
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [choices, setChoices] = useState<Choices>({});
  const save = useSaveItem();
  const reload = useReloadItem();
  const keyOf = useIntentKey();

  const send = (onto: Item | null, content: DraftInput) => {
    const parsed = parseDraft(content);
    setErrors("errors" in parsed ? parsed.errors : {});
    if ("errors" in parsed || save.isPending) return;
    const change = { draft: parsed.draft, base: onto };
    save.mutate(
      { ...change, intentKey: keyOf(change) },
      {
        onSuccess: onSaved,
        onError: (error) => {
          setErrors(fieldErrorsOf(error));
          if (onto !== null && isConflict(error)) readTheirs(onto, content);
        },
      },
    );
  };
  const readTheirs = (overtaken: Item, yours: DraftInput) =>
    reload.mutate(overtaken, {
      onSuccess: (theirs) => {
        const found = { base: overtaken, theirs, yours };
        setConflict(found);
        setChoices(obviousChoices(found));
        setBase(theirs);
        save.reset();
      },
    });

  const merged = conflict && resolved(conflict, choices);
  return {
    base,
    input,
    errors,
    conflict,
    choices,
    /** Whether a field is left to be decided between two versions. */
    undecided: conflict !== null && merged === null,
    save,
    reload,
    submit: () => (conflict === null ? send(base, input) : merged && send(base, merged)),
    change: (field: DraftField, value: string) => {
      setInput((before) => ({ ...before, [field]: value }));
      setErrors(({ [field]: _corrected, ...others }) => others);
    },
    choose: (field: DraftField, side: Choices[DraftField]) => setChoices((before) => ({ ...before, [field]: side })),
    /** Reads the overtaking version again, after that failed. */
    rereadTheirs: () => base !== null && readTheirs(base, merged ?? input),
    /** Goes on typing, with what has been chosen so far and the user's own values for the rest. */
    editOn: () => {
      if (conflict === null) return;
      setInput(resolved(conflict, { ...ALL_YOURS, ...choices }) ?? conflict.yours);
      setConflict(null);
    },
    /** What was deleted meanwhile can only come back as another item. */
    createInstead: () => {
      const content = merged ?? input;
      setBase(null);
      setConflict(null);
      setInput(content);
      send(null, content);
    },
  };
}

const ALL_YOURS: Choices = { name: "yours", description: "yours", quantity: "yours" };

/** The API's complaints that belong at a field of the form. */
function fieldErrorsOf(error: Error): DraftErrors {
  const errors: DraftErrors = {};
  if (!(error instanceof ApiProblem)) return errors;
  for (const { field, message } of error.fieldErrors) {
    if (isDraftField(field)) errors[field] = message;
  }
  return errors;
}
