import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useNotices } from "@/shared/notices";
import { RequestFailed } from "@/shared/RequestFailed";
import { useWithdrawOrder } from "./orderQueries";

export function WithdrawDialog({ circuit, onClose }: { circuit: string; onClose: () => void }) {
  const { announce } = useNotices();
  const withdraw = useWithdrawOrder(circuit);
  const confirm = () =>
    withdraw.mutate(undefined, {
      onSuccess: () => {
        announce({ header: `The rules decide about ${circuit} again` });
        onClose();
      },
    });
  return (
    <Modal
      visible
      header="Withdraw the override"
      closeAriaLabel="Close and leave the override"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" onClick={confirm} loading={withdraw.isPending} loadingText="Withdrawing">
              Withdraw
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {withdraw.error !== null && (
          <RequestFailed error={withdraw.error} consequence="Not withdrawn" retrying={withdraw.isPending} onRetry={confirm} />
        )}
        <div>
          Let the rules decide about <strong>{circuit}</strong> again, from now on and for the whole fleet?
        </div>
      </SpaceBetween>
    </Modal>
  );
}
