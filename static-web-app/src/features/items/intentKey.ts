import { useState } from "react";

/**
 * Gives the `Idempotency-Key` of one user's intent. Sending the same content
 * again is the same intent and keeps its key, so that a write whose answer was
 * lost happens once; changed content is another intent.
 */
export function intentKeys(): (content: unknown) => string {
  let last: { content: string; key: string } | undefined;
  return (content) => {
    const text = JSON.stringify(content);
    if (last?.content !== text) last = { content: text, key: crypto.randomUUID() };
    return last.key;
  };
}

export function useIntentKey() {
  const [keyOf] = useState(intentKeys);
  return keyOf;
}
