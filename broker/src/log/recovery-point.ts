/** What a checkpoint of the log directory says of one log: where a restart begins to check. */

export interface RecoveryPoint {
  /** All below is durable, and in the snapshot. */
  readonly offset: number;
  /** Whether a producer snapshot was written for it. */
  readonly hasSnapshot: boolean;
  /** The newest record below `offset` in the segment that holds it; −1 for none. */
  readonly maxTimestamp: number;
  readonly offsetOfMaxTimestamp: number;
  /** Where the log began. */
  readonly logStartOffset: number;
}

export const NO_RECOVERY_POINT: RecoveryPoint = {
  offset: 0,
  hasSnapshot: false,
  maxTimestamp: -1,
  offsetOfMaxTimestamp: -1,
  logStartOffset: 0,
};

/** As the numbers of a checkpoint's line. */
export function numbersOf(point: RecoveryPoint): readonly number[] {
  const { offset, hasSnapshot, maxTimestamp, offsetOfMaxTimestamp, logStartOffset } = point;
  return [offset, hasSnapshot ? 1 : 0, maxTimestamp, offsetOfMaxTimestamp, logStartOffset];
}

/** The recovery point in a checkpoint's line; null where there is none. */
export function recoveryPointOf(numbers: readonly number[] | undefined): RecoveryPoint | null {
  if (numbers === undefined) return null;
  const [offset = 0, flag = 0, maxTimestamp = -1, offsetOfMaxTimestamp = -1, logStartOffset = 0] =
    numbers;
  return { offset, hasSnapshot: flag === 1, maxTimestamp, offsetOfMaxTimestamp, logStartOffset };
}
