import type { ReactNode } from "react";
import { cn } from "../lib/cn.ts";

interface MeterProps {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  /** Shares from which it is a warning, and an alarm. */
  readonly thresholds?: readonly [number, number];
  readonly className?: string;
}

/** A quantity against its limit. */
export function Meter({
  label,
  value,
  max,
  thresholds = [0.8, 0.93],
  className,
}: MeterProps): ReactNode {
  const share = max <= 0 ? 0 : Math.min(1, Math.max(0, value / max));
  const tone = share >= thresholds[1] ? "bg-bad" : share >= thresholds[0] ? "bg-warn" : "bg-accent";
  return (
    <span
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      className={cn("block h-1.5 min-w-16 overflow-hidden rounded-full bg-raised", className)}
    >
      <span
        className={cn("block h-full rounded-full", tone)}
        style={{ width: `${share * 100}%` }}
      />
    </span>
  );
}
