import type { Served } from "@/api/client";

const SHAPES: Record<Served["source"], string> = {
  // A cylinder, a bolt and a life-ring, drawn in a 16 × 16 box.
  database: "M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2",
  cache: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  fallback: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2m0 3.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5M3.8 3.8l2.4 2.4M12.2 3.8 9.8 6.2M3.8 12.2l2.4-2.4M12.2 12.2 9.8 9.8",
};

export function SourceBadge({ served }: { served: Served }) {
  const { source, degraded } = served;
  return (
    <span className={`source source-${source}`} data-testid="source">
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={SHAPES[source]} />
      </svg>
      {source}
      {degraded && <strong className="source-degraded">degraded</strong>}
    </span>
  );
}
