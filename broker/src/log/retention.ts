/**
 * Which segments a log no longer has to keep. Whole segments, oldest first, entirely below the high
 * watermark; a record from the future keeps its segment, as in Kafka.
 */

export interface SegmentAge {
  readonly baseOffset: number;
  readonly size: number;
  /** Time of its largest record, or of its file where no record has one; ms. */
  readonly newestAt: number;
}

export interface RetentionRule {
  /** −1 for no limit. */
  readonly retentionMs: number;
  readonly retentionBytes: number;
  /** Nothing at or above is deleted. */
  readonly highWatermark: number;
  /** The offset behind the last record of the log. */
  readonly endOffset: number;
  readonly nowMs: number;
}

/** How many of the oldest segments go; all of them means that the active one is rolled first. */
export function expiredCount(segments: readonly SegmentAge[], rule: RetentionRule): number {
  let excess =
    rule.retentionBytes < 0
      ? -1
      : segments.reduce((sum, one) => sum + one.size, 0) - rule.retentionBytes;
  let count = 0;
  for (const [index, segment] of segments.entries()) {
    const end = segments[index + 1]?.baseOffset ?? rule.endOffset;
    const isActive = index === segments.length - 1;
    if (end > rule.highWatermark || (isActive && segment.size === 0)) break;
    const tooOld = rule.retentionMs >= 0 && rule.nowMs - segment.newestAt > rule.retentionMs;
    const tooMuch = excess >= segment.size && excess > 0;
    if (!tooOld && !tooMuch) break;
    excess -= segment.size;
    count += 1;
  }
  return count;
}
