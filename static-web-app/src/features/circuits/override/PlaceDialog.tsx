import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useId } from "react";
import { Dialog } from "@/shared/Dialog";
import { durationInWords } from "@/shared/duration";
import { useNotices } from "@/shared/notices";
import { RequestFailed } from "@/shared/RequestFailed";
import { useSessionState } from "@/shared/session/SessionContext";
import type { Mode, OverrideRequest } from "./overrideDraft";
import { useOverrideForm } from "./useOverrideForm";

const MODES: Record<Mode, { name: string; effect: string }> = {
  force_open: { name: "Force open", effect: "Every call is refused; reads are answered by the fallback." },
  force_closed: { name: "Force closed", effect: "Every call goes through, whatever fails." },
  shadow: { name: "Shadow", effect: "Every call goes through; the rules go on measuring and say what they would do." },
};

type Form = ReturnType<typeof useOverrideForm>;

export function PlaceDialog({ circuit, onClose }: { circuit: string; onClose: () => void }) {
  const formId = useId();
  const { announce } = useNotices();
  const form = useOverrideForm(circuit, (override) => {
    announce({ header: `${MODES[override.mode].name}: ${circuit}, for ${durationInWords(override.expires_in_s * 1000)}` });
    onClose();
  });
  const { override } = form;
  return (
    <Dialog
      header={`Override ${circuit}`}
      closeLabel="Close without an override"
      onClose={onClose}
      holdsInput
      onBack={override === null ? undefined : form.back}
      confirm={{
        label: override === null ? "Review" : `${MODES[override.mode].name} now`,
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
          if (override === null) form.review();
          else form.confirm();
        }}
      >
        {override === null ? <Fields form={form} /> : <Confirmation circuit={circuit} override={override} form={form} />}
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
      <FormField label="Your name (optional)" description={<NameSays />} errorText={errors.displayName}>
        <Input value={input.displayName} onChange={({ detail }) => change("displayName", detail.value)} />
      </FormField>
      <FormField label="Ends after (minutes)" errorText={errors.minutes}>
        <Input inputMode="numeric" value={input.minutes} onChange={({ detail }) => change("minutes", detail.value)} />
      </FormField>
    </SpaceBetween>
  );
}

/** What becomes of the name: it says who acts only where nothing else does. */
function NameSays() {
  return useSessionState().kind === "signed_in"
    ? "The audit trail shows it beside your account."
    : "The audit trail shows it; without one, it says “anonymous”.";
}

function Confirmation({ circuit, override, form }: { circuit: string; override: OverrideRequest; form: Form }) {
  const { place } = form;
  return (
    <SpaceBetween size="m">
      {place.error !== null && (
        <RequestFailed error={place.error} consequence="Not placed" retrying={place.isPending} onRetry={form.confirm} />
      )}
      <div role="status">
        <strong>{MODES[override.mode].name}</strong> the circuit <strong>{circuit}</strong> of the whole fleet for{" "}
        {durationInWords(override.expires_in_s * 1000)}? {MODES[override.mode].effect}
      </div>
      <div className="anywhere">
        The audit trail will say: “{override.reason}”, by <Placer override={override} />.
      </div>
    </SpaceBetween>
  );
}

function Placer({ override }: { override: OverrideRequest }) {
  const session = useSessionState();
  if (session.kind !== "signed_in") return override.display_name ?? "anonymous";
  return override.display_name === undefined ? "your account" : `your account (${override.display_name})`;
}
