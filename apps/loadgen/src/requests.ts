/** Requests built once and sent many times: the load must cost the machine as little as it can. */
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import type { Api, RequestInputOf } from "@runnel/protocol/api.ts";
import { writeRequestHeader } from "@runnel/protocol/headers.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";

export const PRODUCE_VERSION = 9;
export const FETCH_VERSION = 12;

/** A request with its length before it; the correlation id is 0. */
export function frameOf<A extends Api>(
  api: A,
  version: number,
  request: RequestInputOf<A>,
): Uint8Array {
  const writer = new ByteWriter(1024);
  writer.int32(0);
  writeRequestHeader(writer, api, version, { correlationId: 0, clientId: "runnel-loadgen" });
  api.request.write(writer, version, request as never);
  const frame = writer.finish();
  new DataView(frame.buffer, frame.byteOffset).setInt32(0, frame.length - 4);
  return frame;
}

/** A batch of about `batchBytes` with records of `recordBytes`; incompressible enough to be honest. */
export function batchOf(batchBytes: number, recordBytes: number): Uint8Array {
  const count = Math.max(1, Math.floor((batchBytes - 61) / recordBytes));
  const room = Math.max(1, Math.floor((batchBytes - 61) / count) - 12);
  const records = Array.from({ length: count }, (_, index) => {
    const value = new Uint8Array(room);
    for (let at = 0; at < room; at += 1) value[at] = (index * 31 + at * 17) & 0xff;
    return { key: null, value, timestamp: Date.now() };
  });
  return buildBatch({ records });
}

/** A Produce request for one partition with one batch. */
export function produceFrame(
  topic: string,
  partition: number,
  batch: Uint8Array,
  acks: number,
): Uint8Array {
  return frameOf(ProduceApi, PRODUCE_VERSION, {
    transactionalId: null,
    acks,
    timeoutMs: 30_000,
    topicData: [{ name: topic, partitionData: [{ index: partition, records: batch }] }],
  });
}

/** A Fetch request without a session for `bytesMax` from one partition. */
export function fetchFrame(
  topic: string,
  partition: number,
  offset: number,
  bytesMax: number,
): Uint8Array {
  return frameOf(FetchApi, FETCH_VERSION, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: bytesMax,
    topics: [
      {
        topic,
        partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: bytesMax }],
      },
    ],
    forgottenTopicsData: [],
  });
}
