import type { ReactNode } from "react";
import { formatCount } from "../lib/format.ts";

/** How many events somebody is behind; "–" where nobody knows. */
export function LagEvents({
  lag,
}: {
  readonly lag: { readonly events: number } | null;
}): ReactNode {
  const events = lag?.events ?? null;
  return (
    <span className={events !== null && events > 0 ? "text-warn" : ""}>{formatCount(events)}</span>
  );
}
