import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";

interface Props {
  header: string;
  /** What the button in the corner does, for those who do not see it. */
  closeLabel: string;
  onClose: () => void;
  /** Whether there is input to lose; a click beside the dialog is too easily a slip to throw it away for. */
  holdsInput?: boolean;
  /** One step back, in place of closing. */
  onBack?: (() => void) | undefined;
  confirm: {
    label: string;
    pending: boolean;
    pendingLabel: string;
    disabled?: boolean;
  } & ({ form: string } | { onConfirm: () => void });
  children: ReactNode;
}

/** A question in front of the page, to be confirmed or left. */
export function Dialog({ header, closeLabel, onClose, holdsInput = false, onBack, confirm, children }: Props) {
  const { label, pending, pendingLabel, disabled = false } = confirm;
  const action = "form" in confirm ? { form: confirm.form, formAction: "submit" as const } : { onClick: confirm.onConfirm };
  return (
    <Modal
      visible
      header={header}
      closeAriaLabel={closeLabel}
      onDismiss={({ detail }) => {
        if (!holdsInput || detail.reason !== "overlay") onClose();
      }}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onBack ?? onClose}>
              {onBack === undefined ? "Cancel" : "Back"}
            </Button>
            <Button variant="primary" disabled={disabled} loading={pending} loadingText={pendingLabel} {...action}>
              {label}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      {children}
    </Modal>
  );
}
