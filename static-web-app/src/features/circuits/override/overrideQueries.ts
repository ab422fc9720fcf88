import { useMutation } from "@tanstack/react-query";
import { useApi } from "@/api/ApiContext";
import { answer } from "@/api/problem";
import { useLive } from "@/shared/live/LiveContext";
import type { OverrideRequest } from "./overrideDraft";

export function usePlaceOverride(circuit: string) {
  const api = useApi();
  const live = useLive();
  return useMutation({
    mutationFn: (override: OverrideRequest) =>
      answer(api.PUT("/circuits/{name}/override", { params: { path: { name: circuit } }, body: override })),
    onSettled: live.refresh,
  });
}

export function useWithdrawOverride(circuit: string) {
  const api = useApi();
  const live = useLive();
  return useMutation({
    mutationFn: () => answer(api.DELETE("/circuits/{name}/override", { params: { path: { name: circuit } } })),
    onSettled: live.refresh,
  });
}
