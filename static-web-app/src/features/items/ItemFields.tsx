import FormField from "@cloudscape-design/components/form-field";
import Input, { type InputProps } from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useEffect, useRef } from "react";
import type { Item } from "@/api/client";
import { type DraftErrors, type DraftField, type DraftInput, inputOf } from "./draft";

interface Props {
  input: DraftInput;
  errors: DraftErrors;
  /** The stored item, when it has moved on under the edit. */
  overtakenBy: Item | null;
  onChange: (field: DraftField, value: string) => void;
}

export function ItemFields({ input, errors, overtakenBy, onChange }: Props) {
  const name = useRef<InputProps.Ref>(null);
  useEffect(() => {
    // After the dialog's own effect, which puts the focus on its close button.
    queueMicrotask(() => name.current?.focus());
  }, []);
  const messages = (field: DraftField) => ({
    errorText: errors[field],
    warningText: overtakenBy === null ? undefined : difference(overtakenBy, input, field),
  });
  return (
    <SpaceBetween size="l">
      <FormField label="Name" constraintText="1 to 200 characters." {...messages("name")}>
        <Input
          value={input.name}
          onChange={({ detail }) => onChange("name", detail.value)}
          ref={name}
          ariaRequired
          autoComplete={false}
        />
      </FormField>
      <FormField label="Description" constraintText="Optional, up to 2,000 characters." {...messages("description")}>
        <Textarea value={input.description} onChange={({ detail }) => onChange("description", detail.value)} rows={3} />
      </FormField>
      <FormField label="Quantity" constraintText="A whole number from 0 to 1,000,000,000." {...messages("quantity")}>
        <Input
          value={input.quantity}
          onChange={({ detail }) => onChange("quantity", detail.value)}
          inputMode="numeric"
          ariaRequired
          autoComplete={false}
        />
      </FormField>
    </SpaceBetween>
  );
}

function difference(stored: Item, input: DraftInput, field: DraftField): string | undefined {
  const saved = inputOf(stored)[field];
  return saved === input[field] ? undefined : `Saved meanwhile: ${saved === "" ? "(empty)" : saved}`;
}
