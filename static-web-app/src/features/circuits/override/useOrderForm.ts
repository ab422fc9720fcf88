import { useState } from "react";
import { ApiProblem } from "@/api/problem";
import { fieldOf, type Order, type OrderErrors, type OrderField, type OrderInput, parseOrder } from "./orderDraft";
import { usePlaceOrder } from "./orderQueries";

const ACTOR_REMEMBERED_AS = "actor";

/** The form of an order, from its first key press to the order in force. */
export function useOrderForm(circuit: string, onPlaced: (order: Order) => void) {
  const [input, setInput] = useState<OrderInput>(() => ({
    mode: "force_open",
    reason: "",
    actor: localStorage.getItem(ACTOR_REMEMBERED_AS) ?? "",
    minutes: "10",
  }));
  const [errors, setErrors] = useState<OrderErrors>({});
  /** What is about to be placed, once it is valid and until it is confirmed. */
  const [order, setOrder] = useState<Order | null>(null);
  const place = usePlaceOrder(circuit);

  const review = () => {
    const parsed = parseOrder(input);
    setErrors("errors" in parsed ? parsed.errors : {});
    if ("order" in parsed) setOrder(parsed.order);
  };
  const back = () => {
    setOrder(null);
    place.reset();
  };
  const confirm = () => {
    if (order === null || place.isPending) return;
    localStorage.setItem(ACTOR_REMEMBERED_AS, order.actor);
    place.mutate(order, {
      onSuccess: () => onPlaced(order),
      onError: (error) => {
        const refused = refusedFields(error);
        if (Object.keys(refused).length === 0) return;
        setErrors(refused);
        back();
      },
    });
  };
  const change = <Field extends OrderField>(field: Field, value: OrderInput[Field]) => {
    setInput((before) => ({ ...before, [field]: value }));
    setErrors(({ [field]: _corrected, ...others }) => others);
  };
  return { input, errors, order, place, review, back, confirm, change };
}

/** The API's complaints that belong at a field of the form. */
function refusedFields(error: Error): OrderErrors {
  const errors: OrderErrors = {};
  if (!(error instanceof ApiProblem)) return errors;
  for (const { field, message } of error.fieldErrors) {
    const own = fieldOf(field);
    if (own !== null) errors[own] = message;
  }
  return errors;
}
