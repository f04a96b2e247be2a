import { Buffer } from "node:buffer";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { readRequestHeader } from "@runnel/protocol/headers.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { checkCrc, readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { recordBytesOf } from "@runnel/protocol/records/iterate.ts";
import { expect, it } from "vitest";
import { PRODUCE_VERSION } from "../requests.ts";
import { BatchForm } from "./batch-form.ts";

const utf8 = new TextEncoder();

it("writes numbers and times into a batch that stays whole", () => {
  const form = new BatchForm({
    topic: "orders",
    partition: 3,
    recordCount: 120,
    digits: 6,
    record: (number) => ({
      key: utf8.encode(`k-${number}`),
      value: utf8.encode(`{"id":"k-${number}","total":1}`),
    }),
  });
  for (let index = 0; index < form.recordCount; index += 1) form.set(index, 100_000 + index);
  const first = form.request(1_700_000_000_000);
  form.set(5, 42);
  const second = form.request(1_700_000_000_001);
  const texts = [first, second].map((frame) => {
    const reader = new ByteReader(frame, 4);
    readRequestHeader(reader, ProduceApi, PRODUCE_VERSION);
    const request = ProduceApi.request.read(reader, PRODUCE_VERSION);
    const batch = request.topicData[0]?.partitionData[0]?.records ?? new Uint8Array(0);
    const header = readBatchHeader(batch, 0);
    expect(checkCrc(batch, 0, header)).toBe(true);
    expect(header.recordCount).toBe(120);
    const bytes = recordBytesOf(batch, { at: 0, header, maxOutputLength: 0 });
    return { time: header.maxTimestamp, text: Buffer.from(bytes).toString("latin1") };
  });
  expect(texts.map(({ time }) => time)).toEqual([1_700_000_000_000, 1_700_000_000_001]);
  expect(texts[0]?.text.match(/k-100005/g)).toHaveLength(2);
  expect(texts[0]?.text.match(/k-1000\d\d/g)).toHaveLength(200);
  expect(texts[1]?.text.match(/k-000042/g)).toHaveLength(2);
});
