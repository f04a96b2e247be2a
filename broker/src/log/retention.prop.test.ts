import fc from "fast-check";
import { expect, test } from "vitest";
import { expiredCount, type RetentionRule, type SegmentAge } from "./retention.ts";

/** The reference, as prose: from the oldest on, while a reason holds, never above the watermark. */
function reference(segments: readonly SegmentAge[], rule: RetentionRule): number {
  let left = segments.map((one) => one.size);
  let count = 0;
  for (const [i, segment] of segments.entries()) {
    const isActive = i === segments.length - 1;
    const end = isActive ? rule.endOffset : (segments[i + 1] as SegmentAge).baseOffset;
    if (end > rule.highWatermark) return count;
    if (isActive && segment.size === 0) return count;
    const total = left.reduce((sum, size) => sum + size, 0);
    const isOld = rule.retentionMs >= 0 && segment.newestAt < rule.nowMs - rule.retentionMs;
    const stillEnough = total - segment.size >= rule.retentionBytes;
    const isMuch = rule.retentionBytes >= 0 && total > rule.retentionBytes && stillEnough;
    if (!isOld && !isMuch) return count;
    left = left.slice(1);
    count += 1;
  }
  return count;
}

const segments = fc
  .array(fc.record({ size: fc.nat(50), newestAt: fc.nat(100), records: fc.nat(9) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((all) => {
    let baseOffset = 0;
    const ages = all.map(({ size, newestAt, records }) => {
      const age = { baseOffset, size, newestAt };
      baseOffset += records;
      return age;
    });
    return { ages, endOffset: baseOffset };
  });

test("expiredCount() is the reference's", () => {
  fc.assert(
    fc.property(
      segments,
      fc.record({
        retentionMs: fc.integer({ min: -1, max: 100 }),
        retentionBytes: fc.integer({ min: -1, max: 200 }),
        highWatermark: fc.nat(60),
        nowMs: fc.nat(150),
      }),
      ({ ages, endOffset }, rule) => {
        const whole = { ...rule, endOffset };
        expect(expiredCount(ages, whole)).toBe(reference(ages, whole));
      },
    ),
    { numRuns: 5000 },
  );
});

test("a record from the future keeps its segment and those behind it", () => {
  const ages = [10, 5000, 20].map((newestAt, i) => ({ baseOffset: i, size: 10, newestAt }));
  const rule = {
    retentionMs: 100,
    retentionBytes: -1,
    highWatermark: 3,
    endOffset: 3,
    nowMs: 1000,
  };
  expect(expiredCount(ages, rule)).toBe(1);
});
