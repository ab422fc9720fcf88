import type { Observed } from "@/shared/live/observed";
import { PlaceDialog } from "./PlaceDialog";
import { WithdrawDialog } from "./WithdrawDialog";

interface Props {
  kind: "place" | "withdraw";
  observed: Observed;
  onClose: () => void;
}

export function OverrideDialogs({ kind, observed, onClose }: Props) {
  const { name } = observed.circuit;
  return kind === "place" ? (
    <PlaceDialog circuit={name} onClose={onClose} />
  ) : (
    <WithdrawDialog circuit={name} onClose={onClose} />
  );
}
