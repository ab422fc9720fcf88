import { waitInWords } from "@/shared/duration";
import { useNow } from "@/shared/now";
import { effectiveOverride, type Observed, type Override, waitUntilRetry } from "@/shared/live/observed";

const BY_HAND: Record<Override["mode"], string> = {
  force_open: "Every call is refused, by hand.",
  force_closed: "Every call goes through, by hand.",
  shadow: "Every call goes through; the state is only observed.",
};

/** What the state means for the next call. */
export function Outlook({ observed }: { observed: Observed }) {
  const now = useNow();
  const { state, probes } = observed.circuit;
  const override = effectiveOverride(observed, now);
  if (override !== null) return <>{BY_HAND[override.mode]}</>;
  switch (state) {
    case "closed":
      return <>Calls go through.</>;
    case "half_open":
      return (
        <>
          Probes decide: {probes.successes} of {probes.needed} successes so far.
        </>
      );
    case "open":
      return <>Calls are refused. {probesIn(waitUntilRetry(observed, now))}</>;
  }
}

function probesIn(wait: number | null): string {
  if (wait === null) return "It stays so until it is changed by hand.";
  return wait > 0 ? `Probes may go out in ${waitInWords(wait)}.` : "The wait is over: the next call is a probe.";
}
