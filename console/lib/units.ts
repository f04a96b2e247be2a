/** Values of metrics in the units that they have. */
import { formatBytes, formatCompact, formatSpan } from "./format.ts";

export type Unit = "bytes" | "seconds" | "count" | "bytes/s" | "seconds/s" | "1/s";

export function formatUnit(value: number | null, unit: Unit): string {
  if (value === null) return "–";
  switch (unit) {
    case "bytes":
      return formatBytes(value);
    case "bytes/s":
      return `${formatBytes(value)}/s`;
    case "seconds":
      return value < 0.001 && value > 0
        ? `${Math.round(value * 1_000_000)} µs`
        : formatSpan(value * 1_000);
    case "seconds/s":
      return `${Math.round(value * 100)} %`;
    case "1/s":
      return `${formatCompact(value)}/s`;
    case "count":
      return formatCompact(value);
  }
}
