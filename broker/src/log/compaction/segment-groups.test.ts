import { expect, test } from "vitest";
import { groupSegments } from "./segment-groups.ts";

const LIMITS = { segmentBytes: 1000, segmentIndexBytes: 1000, indexIntervalBytes: 10 };

function segments(...sizes: readonly number[]) {
  return sizes.map((size, index) => ({
    baseOffset: 100 * index,
    endOffset: 100 * (index + 1),
    size,
  }));
}

function sizesOf(...sizes: readonly number[]) {
  return groupSegments(segments(...sizes), LIMITS).map((group) => group.map(({ size }) => size));
}

test("neighbours become one as long as they fit into a segment", () => {
  expect(sizesOf(400, 600, 1, 999, 300)).toEqual([[400, 600], [1, 999], [300]]);
  expect(sizesOf(5000, 10, 10)).toEqual([[5000], [10, 10]]);
  expect(sizesOf()).toEqual([]);
});

test("an index that would be too large, and offsets too far apart, keep segments apart", () => {
  const limits = { ...LIMITS, segmentBytes: 10_000 };
  expect(groupSegments(segments(600, 600, 600), limits)).toHaveLength(2);
  const far = [
    { baseOffset: 0, endOffset: 5, size: 1 },
    { baseOffset: 5, endOffset: 2 ** 31 + 2, size: 1 },
    { baseOffset: 2 ** 31 + 2, endOffset: 2 ** 31 + 5, size: 1 },
  ];
  expect(groupSegments(far, limits).map((group) => group.length)).toEqual([1, 2]);
});
