import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/api/ApiContext";
import { answer } from "@/api/problem";
import { useLive, useLiveState } from "@/shared/live/LiveContext";
import { ignorance } from "@/shared/live/shownState";

/** Whether what the page shows is live, and the control that stops it from moving. */
export function LiveStatus() {
  const live = useLive();
  const { circuits, error, paused } = useLiveState();
  const { kind, words } = status(circuits !== null, error, paused);
  return (
    <div className="live">
      <span className={`health health-${kind}`} role="status" title={error?.message}>
        <span className="health-word">{words}</span>
        {kind === "up" && <Stage />}
      </span>
      <button
        type="button"
        className="live-control"
        aria-pressed={paused}
        aria-label="Pause live updates"
        onClick={() => (paused ? live.resume() : live.pause())}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d={paused ? "M5 3v10l8-5z" : "M4 3h3v10H4zM9 3h3v10H9z"} />
        </svg>
      </button>
    </div>
  );
}

function status(known: boolean, error: Error | null, paused: boolean) {
  if (error !== null && !navigator.onLine) return { kind: "down", words: "Offline" };
  if (error !== null && ignorance(error) === "store_unavailable") return { kind: "trouble", words: "Store away" };
  if (error !== null) return { kind: "down", words: "API down" };
  if (paused) return { kind: "paused", words: "Paused" };
  return known ? { kind: "up", words: "Live" } : { kind: "unknown", words: "API …" };
}

/** Which deployment answers; it does not change under a page. */
function Stage() {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => answer(api.GET("/health", { signal })),
    staleTime: Infinity,
  });
  return data && <span className="health-stage"> · {data.stage}</span>;
}
