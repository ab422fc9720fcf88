import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useId } from "react";
import { Dialog } from "@/shared/Dialog";
import { durationInWords } from "@/shared/duration";
import { useNotices } from "@/shared/notices";
import { RequestFailed } from "@/shared/RequestFailed";
import type { Mode, Order } from "./orderDraft";
import { useOrderForm } from "./useOrderForm";

const MODES: Record<Mode, { name: string; effect: string }> = {
  force_open: { name: "Force open", effect: "Every call is refused; reads are answered by the fallback." },
  force_closed: { name: "Force closed", effect: "Every call goes through, whatever fails." },
  shadow: { name: "Shadow", effect: "Every call goes through; the rules go on measuring and say what they would do." },
};

type Form = ReturnType<typeof useOrderForm>;

export function PlaceDialog({ circuit, onClose }: { circuit: string; onClose: () => void }) {
  const formId = useId();
  const { announce } = useNotices();
  const form = useOrderForm(circuit, (order) => {
    announce({ header: `${MODES[order.mode].name}: ${circuit}, for ${durationInWords(order.expires_in_s * 1000)}` });
    onClose();
  });
  const { order } = form;
  return (
    <Dialog
      header={`Override ${circuit}`}
      closeLabel="Close without an override"
      onClose={onClose}
      holdsInput
      onBack={order === null ? undefined : form.back}
      confirm={{
        label: order === null ? "Review" : `${MODES[order.mode].name} now`,
        pending: form.place.isPending,
        pendingLabel: "Placing",
        form: formId,
      }}
    >
      <form
        id={formId}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (order === null) form.review();
          else form.confirm();
        }}
      >
        {order === null ? <Fields form={form} /> : <Confirmation circuit={circuit} order={order} form={form} />}
      </form>
    </Dialog>
  );
}

function Fields({ form: { input, errors, change } }: { form: Form }) {
  return (
    <SpaceBetween size="l">
      <FormField label="What is ordered" errorText={errors.mode}>
        <RadioGroup
          value={input.mode}
          items={Object.entries(MODES).map(([value, { name, effect }]) => ({ value, label: name, description: effect }))}
          onChange={({ detail }) => change("mode", detail.value as Mode)}
        />
      </FormField>
      <FormField label="Reason" errorText={errors.reason}>
        <Input value={input.reason} onChange={({ detail }) => change("reason", detail.value)} />
      </FormField>
      <FormField label="By whom" errorText={errors.actor}>
        <Input value={input.actor} onChange={({ detail }) => change("actor", detail.value)} />
      </FormField>
      <FormField label="Ends after (minutes)" errorText={errors.minutes}>
        <Input inputMode="numeric" value={input.minutes} onChange={({ detail }) => change("minutes", detail.value)} />
      </FormField>
    </SpaceBetween>
  );
}

function Confirmation({ circuit, order, form }: { circuit: string; order: Order; form: Form }) {
  const { place } = form;
  return (
    <SpaceBetween size="m">
      {place.error !== null && (
        <RequestFailed error={place.error} consequence="Not placed" retrying={place.isPending} onRetry={form.confirm} />
      )}
      <div role="status">
        <strong>{MODES[order.mode].name}</strong> the circuit <strong>{circuit}</strong> of the whole fleet for{" "}
        {durationInWords(order.expires_in_s * 1000)}? {MODES[order.mode].effect}
      </div>
      <div className="anywhere">
        The audit trail will say: “{order.reason}”, by {order.actor}.
      </div>
    </SpaceBetween>
  );
}
