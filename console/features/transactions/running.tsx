import type { ReactNode } from "react";
import { formatSpan } from "../../lib/format.ts";

interface RunningProps {
  readonly of: { readonly runningMs: number | null; readonly timeoutMs: number };
}

/** From this share of the timeout on, an age is worth a look. */
const LONG_SHARE = 0.5;

/** For how long a transaction has been open; "–" where none is. */
export function Running({ of: { runningMs, timeoutMs } }: RunningProps): ReactNode {
  if (runningMs === null) return <span className="text-faint">–</span>;
  const isOverdue = runningMs > timeoutMs;
  const isLong = runningMs > timeoutMs * LONG_SHARE;
  return (
    <span
      className={isOverdue ? "text-bad" : isLong ? "text-warn" : ""}
      title={`It is aborted by the broker after ${formatSpan(timeoutMs)}`}
    >
      {formatSpan(runningMs)}
    </span>
  );
}
