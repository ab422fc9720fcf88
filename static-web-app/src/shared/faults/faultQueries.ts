import { useMutation } from "@tanstack/react-query";
import { useApi } from "@/api/ApiContext";
import type { FaultRequest, FaultTarget } from "@/api/client";
import { answer } from "@/api/problem";
import { useLive } from "@/shared/live/LiveContext";

/** One fault, or several that make up one trouble. */
export type FaultPlan = Partial<Record<FaultTarget, FaultRequest>>;

/** Asks for faults; what is in force afterwards shows where everything live does. */
export function useInject() {
  const api = useApi();
  const live = useLive();
  return useMutation({
    mutationFn: async (plan: FaultPlan) => {
      for (const [target, body] of Object.entries(plan) as [FaultTarget, FaultRequest][]) {
        await answer(api.PUT("/faults/{target}", { params: { path: { target } }, body }));
      }
    },
    onSettled: live.refresh,
  });
}

/** Ends the fault of one target, or all faults. */
export function useEndFaults() {
  const api = useApi();
  const live = useLive();
  return useMutation({
    mutationFn: (target: FaultTarget | "all") =>
      answer<unknown>(
        target === "all" ? api.DELETE("/faults") : api.DELETE("/faults/{target}", { params: { path: { target } } }),
      ),
    onSettled: live.refresh,
  });
}
