import type { TransactionState } from "@runnel/contracts/transactions.ts";
import type { ReactNode } from "react";
import { Badge, StatusDot, type Tone } from "../../ui/badge.tsx";

interface Look {
  readonly tone: Tone;
  readonly text: string;
  /** What it means, in a sentence. */
  readonly meaning: string;
}

export const STATE_LOOKS: Readonly<Record<TransactionState, Look>> = {
  Ongoing: {
    tone: "accent",
    text: "open",
    meaning: "Readers of committed data wait at its first event in each partition.",
  },
  PrepareCommit: {
    tone: "warn",
    text: "committing",
    meaning: "It is committed for good; its markers are being written into its partitions.",
  },
  PrepareAbort: {
    tone: "warn",
    text: "aborting",
    meaning: "It is aborted for good; its markers are being written into its partitions.",
  },
  CompleteCommit: {
    tone: "ok",
    text: "committed",
    meaning: "The last one was committed, and none is open now.",
  },
  CompleteAbort: {
    tone: "neutral",
    text: "aborted",
    meaning: "The last one was aborted, and none is open now.",
  },
  Empty: {
    tone: "neutral",
    text: "none yet",
    meaning: "A producer has begun under this id, and no transaction since.",
  },
};

/** The state of a transactional id, in words. */
export function TransactionStateBadge({ state }: { readonly state: TransactionState }): ReactNode {
  const { tone, text, meaning } = STATE_LOOKS[state];
  return (
    <Badge tone={tone} title={`${state}: ${meaning}`}>
      <StatusDot tone={tone} />
      {text}
    </Badge>
  );
}
