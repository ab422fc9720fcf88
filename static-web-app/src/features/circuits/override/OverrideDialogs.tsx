import { PlaceDialog } from "./PlaceDialog";
import { WithdrawDialog } from "./WithdrawDialog";

interface Props {
  kind: "place" | "withdraw";
  circuit: string;
  onClose: () => void;
}

export function OverrideDialogs({ kind, ...dialog }: Props) {
  return kind === "place" ? <PlaceDialog {...dialog} /> : <WithdrawDialog {...dialog} />;
}
