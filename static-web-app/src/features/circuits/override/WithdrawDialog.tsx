import SpaceBetween from "@cloudscape-design/components/space-between";
import { Dialog } from "@/shared/Dialog";
import { useNotices } from "@/shared/notices";
import { RequestFailed } from "@/shared/RequestFailed";
import { useWithdrawOverride } from "./overrideQueries";

export function WithdrawDialog({ circuit, onClose }: { circuit: string; onClose: () => void }) {
  const { announce } = useNotices();
  const withdraw = useWithdrawOverride(circuit);
  const confirm = () =>
    withdraw.mutate(undefined, {
      onSuccess: () => {
        announce({ header: `The rules decide about ${circuit} again` });
        onClose();
      },
    });
  return (
    <Dialog
      header="Withdraw the override"
      closeLabel="Close and leave the override"
      onClose={onClose}
      confirm={{ label: "Withdraw", pending: withdraw.isPending, pendingLabel: "Withdrawing", onConfirm: confirm }}
    >
      <SpaceBetween size="m">
        {withdraw.error !== null && (
          <RequestFailed error={withdraw.error} consequence="Not withdrawn" retrying={withdraw.isPending} onRetry={confirm} />
        )}
        <div>
          Let the rules decide about <strong>{circuit}</strong> again, from now on and for the whole fleet?
        </div>
      </SpaceBetween>
    </Dialog>
  );
}
