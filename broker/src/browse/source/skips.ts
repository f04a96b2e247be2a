/** What a scan could not read, so that its answer can say so. */
import { SKIPS_LISTED_MAX } from "../limits.ts";

export type SkipReason =
  /** Retention or a person deleted the segment meanwhile. */
  | "deleted"
  /** The stored bytes are not what was written. */
  | "damaged"
  /** The disk refused to read. */
  | "unreadable"
  /** A batch, or what it unpacks to, is larger than a scan may hold. */
  | "tooLarge";

export interface Skip {
  readonly partition: number;
  readonly fromOffset: number;
  /** The first offset behind it. */
  readonly toOffset: number;
  readonly reason: SkipReason;
}

/** Collects skips: the first are listed, all are counted. */
export class Skips {
  readonly listed: Skip[] = [];
  count = 0;
  /** Offsets passed over, whether or not there were records. */
  offsets = 0;

  add(skip: Skip): void {
    if (skip.toOffset <= skip.fromOffset) return;
    this.count += 1;
    this.offsets += skip.toOffset - skip.fromOffset;
    if (this.listed.length < SKIPS_LISTED_MAX) this.listed.push(skip);
  }
}
