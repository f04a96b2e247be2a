/** Keys by which the broker knows a request that is sent again. */
"use client";
import { useRef } from "react";

/**
 * Gives the key of a request: the same for one like the last, whose answer may have been lost, and a
 * new one for any other, for which the broker would refuse the old.
 */
export function useIdempotencyKey(): (request: unknown) => string {
  const last = useRef<{ readonly content: string; readonly key: string } | null>(null);
  return (request) => {
    const content = JSON.stringify(request);
    if (last.current?.content !== content) last.current = { content, key: crypto.randomUUID() };
    return last.current.key;
  };
}
