import type { ReactNode } from "react";
import { RequestFailed } from "@/shared/RequestFailed";
import { durationInWords } from "@/shared/duration";
import { useNow } from "@/shared/now";
import { useCircuits } from "./circuitQueries";
import type { Observed } from "./observed";

/** Loads the circuits and says when they are not live; how each one looks is the caller's. */
export function CircuitsView({ children }: { children: (circuits: readonly Observed[]) => ReactNode }) {
  const { data, dataUpdatedAt, error, isPending, isFetching, refetch } = useCircuits();
  if (isPending) return <p className="quiet">Reading the circuits…</p>;
  if (data === undefined) {
    return (
      <RequestFailed
        error={error}
        consequence="No circuits"
        retrying={isFetching}
        onRetry={() => void refetch()}
      />
    );
  }
  const observed = data.circuits.map((circuit) => ({ circuit, receivedAt: dataUpdatedAt }));
  return (
    <>
      {error !== null && <LastKnown receivedAt={dataUpdatedAt} />}
      <div className={error === null ? undefined : "outdated"}>
        {observed.length === 0 ? <p className="quiet">The API knows no circuit yet.</p> : children(observed)}
      </div>
    </>
  );
}

function LastKnown({ receivedAt }: { receivedAt: number }) {
  const now = useNow();
  return (
    <p className="not-live" role="alert">
      Not live: no answer for {durationInWords(now - receivedAt)}. This is the last known state.
    </p>
  );
}
