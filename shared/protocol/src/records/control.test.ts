import { expect, test } from "vitest";
import {
  BATCH_HEADER_SIZE,
  checkCrc,
  isControl,
  isTransactional,
  readBatchHeader,
} from "./batch.ts";
import { buildBatch } from "./build.ts";
import { buildMarkerBatch, markerIn, readMarker } from "./control.ts";

const MARKER = {
  producerId: 4001n,
  producerEpoch: 7,
  isCommit: true,
  coordinatorEpoch: 12,
  timestamp: 1_700_000_000_000,
};

test("buildMarkerBatch() has the fields and the size of Kafka's markers", () => {
  const bytes = buildMarkerBatch(MARKER);
  const header = readBatchHeader(bytes, 0);
  expect(bytes).toHaveLength(78);
  expect(checkCrc(bytes, 0, header)).toBe(true);
  expect(isControl(header.attributes) && isTransactional(header.attributes)).toBe(true);
  expect(header).toMatchObject({
    producerId: 4001n,
    producerEpoch: 7,
    baseSequence: -1,
    recordCount: 1,
    lastOffsetDelta: 0,
    maxTimestamp: 1_700_000_000_000,
  });
  // The record as a consumer's library expects it: lengths as zigzag varints around key and value.
  expect([...bytes.subarray(BATCH_HEADER_SIZE)]).toEqual([
    32, 0, 0, 0, 8, 0, 0, 0, 1, 12, 0, 0, 0, 0, 0, 12, 0,
  ]);
});

test.each([true, false])("readMarker() reads what was built, isCommit %s", (isCommit) => {
  const bytes = buildMarkerBatch({ ...MARKER, isCommit });
  const header = readBatchHeader(bytes, 0);
  expect(readMarker(bytes, header)).toEqual({ isCommit, coordinatorEpoch: 12 });
});

test("readMarker() is null for other control records and for malformed ones", () => {
  const built = (key: readonly number[], value: readonly number[]) => {
    const bytes = buildBatch({
      records: [{ key: Uint8Array.from(key), value: Uint8Array.from(value) }],
      isControl: true,
    });
    return readMarker(bytes, readBatchHeader(bytes, 0));
  };
  expect(built([0, 0, 0, 2], [0, 0, 0, 0, 0, 1])).toBeNull();
  expect(built([0, 0, 0], [0, 0, 0, 0, 0, 1])).toBeNull();
  expect(built([0, 0, 0, 1], [0, 0, 0, 0, 0])).toBeNull();
  expect(markerIn(null, null)).toBeNull();
  const torn = buildMarkerBatch(MARKER);
  const header = readBatchHeader(torn, 0);
  torn[BATCH_HEADER_SIZE] = 127;
  expect(readMarker(torn, header)).toBeNull();
});
