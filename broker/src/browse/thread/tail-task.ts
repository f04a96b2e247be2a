/** What a tail is told and says, as plain values that go to and from its thread. */
import type { Condition } from "@runnel/contracts/filter-model.ts";
import type { PartitionSnapshot } from "../source/snapshot.ts";
import type { EventForm } from "./event-outbox.ts";

export interface TailTask {
  readonly kind: "tail";
  readonly condition: Condition | null;
  readonly hasControl: boolean;
  readonly form: EventForm;
}

/** What came since the last news, to be looked at from `positions` on. One at a time. */
export interface TailNews {
  readonly snapshots: readonly PartitionSnapshot[];
  /** The first offset not looked at yet, by partition. */
  readonly positions: ReadonlyMap<number, number>;
}

export interface TailCounts {
  /** Records looked at, and the bytes of their batches as they are stored. */
  readonly records: number;
  readonly bytes: number;
  /** Matches that were said. */
  readonly matches: number;
  /** Matches that were left out because the client was too slow. */
  readonly dropped: number;
  /** Records on which the filter failed. */
  readonly filterErrors: number;
}

export type TailSaid =
  | { readonly kind: "events"; readonly events: readonly string[] }
  /** The news were looked at. */
  | { readonly kind: "caught"; readonly counts: TailCounts };
