import type { Circuit } from "@/api/client";
import { durationInWords } from "@/shared/duration";
import { percent, wilsonInterval } from "@/shared/numbers";
import { RateMeter } from "./RateMeter";
import { uncounted } from "./uncounted";

/** What was counted, against what trips the circuit. */
export function Evidence({ circuit }: { circuit: Circuit }) {
  const { evidence, policy } = circuit;
  const { calls, failures, slow } = evidence;
  const band = wilsonInterval(failures, calls);
  return (
    <div className="readings">
      <RateMeter name="Failure rate" rate={evidence.failure_rate} threshold={evidence.threshold} band={band}>
        {calls === 0
          ? uncounted(circuit)
          : `${failures} of ${calls} failed: ${interval(band)} at 95 % confidence`}
      </RateMeter>
      <RateMeter name="Slow calls" rate={calls === 0 ? null : slow / calls} threshold={policy.slow_rate_threshold}>
        {calls === 0
          ? `Slow is a call of ${durationInWords(policy.slow_call_after_ms)} or more`
          : `${slow} of ${calls} took ${durationInWords(policy.slow_call_after_ms)} or more`}
      </RateMeter>
      <RateMeter name="Outage evidence" rate={Math.min(1, evidence.suspicion)} threshold={1}>
        {`Weighed call by call; ${policy.consecutive_failures} failures in a row decide where calls are rare`}
      </RateMeter>
    </div>
  );
}

function interval(band: readonly [number, number] | null): string {
  return band === null ? "unknown" : `${percent(band[0])} to ${percent(band[1])}`;
}
