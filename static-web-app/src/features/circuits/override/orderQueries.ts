import { useMutation } from "@tanstack/react-query";
import { useApi } from "@/api/ApiContext";
import { answer } from "@/api/problem";
import { useLive } from "@/shared/live/LiveContext";
import type { Order } from "./orderDraft";

export function usePlaceOrder(circuit: string) {
  const api = useApi();
  const live = useLive();
  return useMutation({
    mutationFn: (order: Order) =>
      answer(api.PUT("/circuits/{name}/override", { params: { path: { name: circuit } }, body: order })),
    onSettled: live.refresh,
  });
}

export function useWithdrawOrder(circuit: string) {
  const api = useApi();
  const live = useLive();
  return useMutation({
    mutationFn: () => answer(api.DELETE("/circuits/{name}/override", { params: { path: { name: circuit } } })),
    onSettled: live.refresh,
  });
}
