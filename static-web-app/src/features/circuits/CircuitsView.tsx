import { lazy, type ReactNode, Suspense } from "react";
import { durationInWords } from "@/shared/duration";
import { inCallOrder } from "@/shared/live/callOrder";
import { useLive, useLiveState } from "@/shared/live/LiveContext";
import type { Observed } from "@/shared/live/observed";
import { ignorance } from "@/shared/live/shownState";
import { useNow } from "@/shared/now";

const RequestFailed = lazy(() => import("@/shared/RequestFailed").then((module) => ({ default: module.RequestFailed })));

/** Says when the circuits are not live; how each one looks is the caller's. */
export function CircuitsView({ children }: { children: (circuits: readonly Observed[]) => ReactNode }) {
  const live = useLive();
  const { circuits, unread, receivedAt, error } = useLiveState();
  if (circuits === null || receivedAt === null) {
    if (error === null) return <p className="quiet">Reading the circuits…</p>;
    return (
      <Suspense>
        <RequestFailed error={error} consequence="No circuits" retrying={false} onRetry={() => void live.refresh()} />
      </Suspense>
    );
  }
  return (
    <>
      {error !== null && <LastKnown error={error} receivedAt={receivedAt} />}
      {error === null && unread.length > 0 && <Unread names={unread} />}
      {circuits.length === 0 ? <p className="quiet">The API knows no circuit yet.</p> : children(inCallOrder(circuits))}
    </>
  );
}

function Unread({ names }: { names: readonly string[] }) {
  return (
    <p className="not-live">
      <span role="alert">Not read: {names.join(", ")}</span>. The circuits' table has not answered for{" "}
      {names.length === 1 ? "this circuit" : "these circuits"}; what is shown of {names.length === 1 ? "it" : "them"} was
      known before.
    </p>
  );
}

function LastKnown({ error, receivedAt }: { error: Error; receivedAt: number }) {
  const now = useNow();
  const silent = ignorance(error) === "stale" ? "no answer" : "the circuits' table has not answered";
  return (
    <p className="not-live">
      {/* Without the age, which would be read out each second. */}
      <span role="alert">Not live: {silent}</span> for {durationInWords(now - receivedAt)}. This is the last known state.
    </p>
  );
}
