import FormField from "@cloudscape-design/components/form-field";
import Input, { type InputProps } from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useEffect, useRef } from "react";
import type { DraftErrors, DraftField, DraftInput } from "./draft";

interface Props {
  input: DraftInput;
  errors: DraftErrors;
  onChange: (field: DraftField, value: string) => void;
}

export function ItemFields({ input, errors, onChange }: Props) {
  const name = useRef<InputProps.Ref>(null);
  useEffect(() => {
    // After the dialog's own effect, which puts the focus on its close button.
    queueMicrotask(() => name.current?.focus());
  }, []);
  return (
    <SpaceBetween size="l">
      <FormField label="Name" constraintText="1 to 200 characters." errorText={errors.name}>
        <Input
          value={input.name}
          onChange={({ detail }) => onChange("name", detail.value)}
          ref={name}
          ariaRequired
          autoComplete={false}
        />
      </FormField>
      <FormField label="Description" constraintText="Optional, up to 2,000 characters." errorText={errors.description}>
        <Textarea value={input.description} onChange={({ detail }) => onChange("description", detail.value)} rows={3} />
      </FormField>
      <FormField label="Quantity" constraintText="A whole number from 0 to 1,000,000,000." errorText={errors.quantity}>
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
