/** "Refresh now": queries of the cache, and what is none but should be asked again, too. */
"use client";
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

const listeners = new Set<() => void>();

/** Asks for everything in sight again. */
export function refreshNow(client: QueryClient): void {
  void client.invalidateQueries();
  for (const listener of listeners) listener();
}

/** Calls `run` with every "Refresh now", while its caller is mounted. */
export function useOnRefresh(run: () => void): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    const listener = (): void => latest.current();
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
}
