/** The log as replicas and leaders have it. */
import { type Checker, type Finding } from "./finding.ts";

/** In one term of a leader the high watermark, or the last stable offset, went back. */
export const watermarkRegressions: Checker = (history) => {
  const last = new Map<string, { readonly high: number; readonly stable: number }>();
  const findings: Finding[] = [];
  for (const one of history.watermarks.toSorted((a, b) => a.at - b.at)) {
    const { partition, leaderEpoch, highWatermark: high, lastStableOffset: stable } = one;
    const name = `${partition} in epoch ${leaderEpoch}`;
    const before = last.get(name) ?? { high: -1, stable: -1 };
    for (const [what, was, is] of [
      ["high watermark", before.high, high],
      ["last stable offset", before.stable, stable],
    ] as const) {
      if (is >= was) continue;
      const text = `${name}: ${what} ${was}, then ${is}`;
      findings.push({ anomaly: "watermark regression", text });
    }
    last.set(name, { high, stable });
  }
  return findings;
};

/** Two copies of a partition differ below the end that both have. */
export const divergingReplicas: Checker = (history) => {
  const findings: Finding[] = [];
  for (const [at, one] of history.logs.entries()) {
    for (const other of history.logs.slice(at + 1)) {
      if (one.partition !== other.partition || history.compacted.has(one.partition)) continue;
      const start = Math.max(one.startOffset, other.startOffset);
      const end = Math.min(one.endOffset, other.endOffset);
      const offsets = new Set([...one.batches.keys(), ...other.batches.keys()]);
      const different = [...offsets].filter(
        (offset) =>
          offset >= start && offset < end && one.batches.get(offset) !== other.batches.get(offset),
      );
      if (different.length === 0) continue;
      const where = different.slice(0, 5).join(", ");
      const text = `${one.partition}: ${one.copy} and ${other.copy} differ at ${where}`;
      findings.push({ anomaly: "diverging replicas", text });
    }
  }
  return findings;
};
