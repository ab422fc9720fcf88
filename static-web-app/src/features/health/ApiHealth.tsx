import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/api/ApiContext";
import { answer } from "@/api/problem";

const POLL_MS = 5_000;

/** Whether the API answers at all, and which stage it is. */
export function ApiHealth() {
  const api = useApi();
  const { data, error, isPending } = useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => answer(api.GET("/health", { signal })),
    refetchInterval: POLL_MS,
  });
  if (isPending) return <span className="health health-unknown">API …</span>;
  if (error !== null) {
    return (
      <span className="health health-down" role="status" title={error.message}>
        API down
      </span>
    );
  }
  return (
    <span className="health health-up" role="status">
      API up<span className="health-stage"> · {data?.stage}</span>
    </span>
  );
}
