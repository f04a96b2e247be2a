import type { ReactNode } from "react";
import { Badge, StatusDot, type Tone } from "./badge.tsx";

const LOOKS: Readonly<Record<string, readonly [Tone, string, string]>> = {
  Stable: ["ok", "stable", "All members read"],
  Empty: ["neutral", "no members", "Nobody reads now; its offsets are kept"],
  PreparingRebalance: ["warn", "rebalancing", "Members are joining; nobody reads meanwhile"],
  CompletingRebalance: ["warn", "rebalancing", "Partitions are being given out"],
  Assigning: ["warn", "assigning", "Partitions are being shared out anew; members go on reading"],
  Reconciling: ["warn", "reconciling", "Members give up and take over partitions, one by one"],
  Dead: ["bad", "gone", "It is being removed"],
};

/** The state of a group, in words. */
export function GroupStateBadge({ state }: { readonly state: string }): ReactNode {
  const [tone, text, title] = LOOKS[state] ?? ["neutral", state, state];
  return (
    <Badge tone={tone} title={title}>
      <StatusDot tone={tone} />
      {text}
    </Badge>
  );
}
