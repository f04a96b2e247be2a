import { readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { recordBytesOf, recordsOf } from "@runnel/protocol/records/iterate.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordCursor, type StoredRecord } from "./record.ts";
import { copyRecord } from "./testing-records.ts";

const maybeBytes = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: null });
const newRecords = fc.array(
  fc.record({
    key: maybeBytes,
    value: maybeBytes,
    timestamp: fc.integer({ min: 0, max: 2 ** 40 }),
    headers: fc.array(fc.record({ key: fc.string({ unit: "grapheme" }), value: maybeBytes }), {
      maxLength: 4,
    }),
  }),
  { minLength: 1, maxLength: 12 },
);

function read(batch: Uint8Array): StoredRecord[] {
  const header = readBatchHeader(batch, 0);
  const cursor = new RecordCursor();
  const found: StoredRecord[] = [];
  cursor.openBatch(7, header, recordBytesOf(batch, { at: 0, header, maxOutputLength: 1 << 20 }));
  while (cursor.next()) found.push(copyRecord(cursor));
  return found;
}

describe("RecordCursor", () => {
  it("shows what consumers see", () => {
    fc.assert(
      fc.property(newRecords, (records) => {
        const batch = buildBatch({ records });
        const header = readBatchHeader(batch, 0);
        const expected = [...recordsOf(batch, { at: 0, header, maxOutputLength: 1 << 20 })];
        const found = read(batch);
        expect(
          found.map(({ offset, timestamp, key, value, headers }) => {
            return { offset, timestamp, key, value, headers };
          }),
        ).toEqual(expected);
        for (const { partition, key, value, keySize, valueSize } of found) {
          expect(partition).toBe(7);
          expect(keySize).toBe(key?.length ?? -1);
          expect(valueSize).toBe(value?.length ?? -1);
        }
      }),
    );
  });

  it("is behind the last record where there is none", () => {
    expect(new RecordCursor().next()).toBe(false);
  });

  it("copies hold nothing of the batch", () => {
    const batch = buildBatch({
      records: [{ key: Uint8Array.of(1), value: Uint8Array.of(2), timestamp: 0 }],
    });
    const [record] = read(batch);
    batch.fill(0xff);
    expect(record?.key).toEqual(Uint8Array.of(1));
    expect(record?.value).toEqual(Uint8Array.of(2));
  });

  it("tells the facts of the batch", () => {
    const batch = buildBatch({ records: [{ key: null, value: null, timestamp: 5 }] });
    expect(read(batch)[0]).toMatchObject({
      timestampType: "createTime",
      headersSize: 0,
      batch: { producerId: -1n, compression: "none", isControl: false, isTransactional: false },
    });
  });
});
