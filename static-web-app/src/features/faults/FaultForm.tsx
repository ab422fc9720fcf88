import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import Slider from "@cloudscape-design/components/slider";
import { useState } from "react";
import type { FaultKind, FaultTarget } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { durationInWords } from "@/shared/duration";
import { useInject } from "@/shared/faults/faultQueries";
import { KINDS, TARGET_NAMES } from "@/shared/faults/faultWords";
import { RequestFailed } from "@/shared/RequestFailed";
import { EXPIRIES_S, type FaultErrors, type FaultInput, FIRST_INPUT, parseFault, placed } from "./faultInput";

const KIND_NAMES: Record<FaultKind, string> = { error: "Error", latency: "Latency", hang: "Hang", crash: "Crash" };

const KIND_MEANINGS: Record<FaultKind, string> = {
  error: "The operation fails at once and is not done.",
  latency: "The operation takes longer.",
  hang: "The operation never ends by itself; only a time-out ends waiting for it.",
  crash: "The operation is done, and its answer is lost. A function's execution environment dies with it.",
};

const EXPIRIES = EXPIRIES_S.map((seconds) => ({ value: String(seconds), label: durationInWords(seconds * 1000) }));

interface Props {
  target: FaultTarget;
  onDone: () => void;
}

export function FaultForm({ target, onDone }: Props) {
  const [input, setInput] = useState<FaultInput>(FIRST_INPUT);
  const [errors, setErrors] = useState<FaultErrors>({});
  const inject = useInject();
  const change = (changed: Partial<FaultInput>) => {
    setInput((before) => ({ ...before, ...changed }));
    setErrors({});
  };
  const submit = () => {
    const parsed = parseFault(input);
    setErrors("errors" in parsed ? parsed.errors : {});
    if ("errors" in parsed || inject.isPending) return;
    inject.mutate(
      { [target]: parsed.fault },
      {
        onSuccess: onDone,
        onError: (error) => error instanceof ApiProblem && setErrors(placed(error.fieldErrors).errors),
      },
    );
  };
  return (
    <form
      className="fault-form"
      aria-label={`Fault of the ${TARGET_NAMES[target]}`}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {inject.error !== null && (
        <RequestFailed error={inject.error} consequence="No fault was set" retrying={inject.isPending} onRetry={submit}>
          {inject.error instanceof ApiProblem && <Elsewhere error={inject.error} />}
        </RequestFailed>
      )}
      <FormField label="Kind" description={KIND_MEANINGS[input.kind]} errorText={errors.kind} stretch>
        <SegmentedControl
          label="Kind"
          selectedId={input.kind}
          options={KINDS.map((kind) => ({ id: kind, text: KIND_NAMES[kind] }))}
          onChange={({ detail }) => change({ kind: detail.selectedId as FaultKind })}
        />
      </FormField>
      <FormField label={`Rate: ${input.percent} % of calls`} errorText={errors.percent}>
        <Slider
          value={input.percent}
          min={1}
          max={100}
          valueFormatter={(value) => `${value} %`}
          onChange={({ detail }) => change({ percent: detail.value })}
          ariaLabel="Rate in percent"
        />
      </FormField>
      {input.kind === "latency" && (
        <FormField label="Delay in milliseconds" constraintText="1 to 30,000." errorText={errors.latencyMs}>
          <Input
            value={input.latencyMs}
            onChange={({ detail }) => change({ latencyMs: detail.value })}
            inputMode="numeric"
            ariaRequired
            autoComplete={false}
          />
        </FormField>
      )}
      <FormField label="Ends by itself after" errorText={errors.expiresInS}>
        <Select
          selectedOption={EXPIRIES.find(({ value }) => value === String(input.expiresInS)) ?? null}
          options={EXPIRIES}
          onChange={({ detail }) => change({ expiresInS: Number(detail.selectedOption.value) })}
        />
      </FormField>
      <Button variant="primary" formAction="submit" loading={inject.isPending} loadingText="Setting">
        Set the fault
      </Button>
    </form>
  );
}

/** Mistakes that belong to no field of the form. */
function Elsewhere({ error }: { error: ApiProblem }) {
  return placed(error.fieldErrors).elsewhere.map(({ field, message }) => (
    <div key={field}>
      <code>{field}</code> {message}
    </div>
  ));
}
