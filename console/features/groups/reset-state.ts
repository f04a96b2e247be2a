/** What the address of the reset page says, and the request that it amounts to. */
import type { ResetRequest } from "@runnel/contracts/groups.ts";

export const RESET_KINDS = ["timestamp", "beginning", "end", "shift", "offset", "current"] as const;
export type ResetKind = (typeof RESET_KINDS)[number];

export interface ResetState {
  readonly kind: ResetKind;
  /** For `timestamp`. */
  readonly at: number | null;
  /** For `shift`. */
  readonly by: number | null;
  /** For `offset`. */
  readonly offset: number | null;
  /** Null: all topics that the group committed. */
  readonly topic: string | null;
  /** Null: all partitions of the topic. */
  readonly partitions: readonly number[] | null;
}

/** Changes the address. */
export type SetResetState = (change: {
  readonly kind?: ResetKind;
  readonly at?: number | null;
  readonly by?: number | null;
  readonly offset?: number | null;
  readonly topic?: string | null;
  readonly partitions?: number[] | null;
}) => unknown;

/** Null while something is missing. */
export function toResetRequest(state: ResetState): ResetRequest | null {
  const to = targetOf(state);
  if (to === null) return null;
  const { topic, partitions } = state;
  if (topic === null) return { to };
  const isSome = partitions !== null && partitions.length > 0;
  return { to, scope: [{ topic, ...(isSome ? { partitions: [...partitions] } : {}) }] };
}

function targetOf({ kind, at, by, offset }: ResetState): ResetRequest["to"] | null {
  switch (kind) {
    case "timestamp":
      return at === null ? null : { kind, timestamp: at };
    case "shift":
      return by === null || by === 0 ? null : { kind, by };
    case "offset":
      return offset === null ? null : { kind, offset };
    case "beginning":
    case "end":
    case "current":
      return { kind };
  }
}
