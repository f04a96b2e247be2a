"use client";
import { type ReactNode, useSyncExternalStore } from "react";
import { formatIso, formatRelative, formatTime } from "../lib/format.ts";
import { usePreferences } from "../lib/preferences.ts";

const TICK_MS = 1_000;

let now = 0;
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** One clock for all relative times of a page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) {
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const each of listeners) each();
    }, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

/** The time, by the second; 0 before the page has come alive. */
export function useNow(): number {
  return useSyncExternalStore(
    subscribe,
    () => now,
    () => 0,
  );
}

/** A point in time in the chosen zone. */
export function Time({
  at,
  className,
  isShort = false,
}: {
  readonly at: number;
  readonly className?: string;
  /** To the second. */
  readonly isShort?: boolean;
}): ReactNode {
  const { zone } = usePreferences();
  const now = useNow();
  if (now === 0) return <span className={className} />;
  return (
    <time className={className} dateTime={formatIso(at)} title={formatRelative(at, now)}>
      {isShort ? formatTime(at, zone).replace(/\.\d{3}$/, "") : formatTime(at, zone)}
    </time>
  );
}

/** How long ago; the exact time is behind it. "–" for null. */
export function Ago({ at }: { readonly at: number | null }): ReactNode {
  const { zone } = usePreferences();
  const now = useNow();
  if (at === null) return <span className="text-faint">–</span>;
  if (now === 0) return <span />;
  return (
    <time dateTime={formatIso(at)} title={formatTime(at, zone)}>
      {formatRelative(at, now)}
    </time>
  );
}
