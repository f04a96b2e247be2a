/** What a reader of committed transactions sees of a partition, read on from where it ended last. */
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { ListOffsetsApi } from "@runnel/protocol/messages/02-list-offsets.ts";
import { isControl, isTransactional, readBatchHeader } from "@runnel/protocol/records/batch.ts";
import { readMarker } from "@runnel/protocol/records/control.ts";
import { recordsOf } from "@runnel/protocol/records/iterate.ts";
import { Wire } from "../wire.ts";

const FETCH_VERSION = 12;
const LIST_OFFSETS_VERSION = 5;
const FETCH_BYTES_MAX = 1024 * 1024;
const READ_COMMITTED = 1;

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

export class CommittedLog {
  readonly values: string[] = [];
  readonly #place: Place;
  /** Producers whose transaction at `#offset` ends with an abort. */
  readonly #aborted = new Set<bigint>();
  #offset = 0;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Reads to the last stable offset of now; returns what is new. */
  async readOn(port: number): Promise<readonly string[]> {
    const before = this.values.length;
    const wire = await Wire.connect(port);
    try {
      const end = await endOf(wire, this.#place, true);
      while (this.#offset < end) await this.#fetch(wire);
    } finally {
      wire.close();
    }
    return this.values.slice(before);
  }

  async #fetch(wire: Wire): Promise<void> {
    const { topic, partition } = this.#place;
    const wanted = { partition, fetchOffset: this.#offset, partitionMaxBytes: FETCH_BYTES_MAX };
    const answer = await wire.call(FetchApi, FETCH_VERSION, {
      maxWaitMs: 1000,
      minBytes: 1,
      isolationLevel: READ_COMMITTED,
      topics: [{ topic, partitions: [wanted] }],
      forgottenTopicsData: [],
    });
    const result = answer.responses[0]?.partitions[0];
    if (result?.errorCode !== ErrorCode.NONE || result.records === null) {
      throw new Error(`fetch of ${topic}-${partition} at ${this.#offset}: ${result?.errorCode}`);
    }
    const aborts = (result.abortedTransactions ?? []).toSorted(
      (one, other) => one.firstOffset - other.firstOffset,
    );
    for (let at = 0; at < result.records.length; ) {
      const header = readBatchHeader(result.records, at);
      const last = header.baseOffset + header.lastOffsetDelta;
      while (aborts[0] !== undefined && aborts[0].firstOffset <= last) {
        this.#aborted.add(aborts[0].producerId);
        aborts.shift();
      }
      this.#take(result.records.subarray(at, at + header.sizeInBytes));
      at += header.sizeInBytes;
      this.#offset = last + 1;
    }
  }

  #take(batch: Uint8Array): void {
    const header = readBatchHeader(batch, 0);
    if (isControl(header.attributes)) {
      if (readMarker(batch, header)?.isCommit === false) this.#aborted.delete(header.producerId);
      return;
    }
    if (isTransactional(header.attributes) && this.#aborted.has(header.producerId)) return;
    for (const record of recordsOf(batch, { at: 0, header, maxOutputLength: 1 << 24 })) {
      if (record.offset >= this.#offset) {
        this.values.push(Buffer.from(record.value ?? []).toString());
      }
    }
  }
}

/** The last stable offset, or the high watermark. */
export async function endOf(
  wire: Wire,
  { topic, partition }: Place,
  isStable: boolean,
): Promise<number> {
  const answer = await wire.call(ListOffsetsApi, LIST_OFFSETS_VERSION, {
    replicaId: -1,
    isolationLevel: isStable ? READ_COMMITTED : 0,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -1 }] }],
  });
  const result = answer.topics[0]?.partitions[0];
  if (result?.errorCode !== ErrorCode.NONE) {
    throw new Error(`${topic}-${partition}: ${errorName(result?.errorCode ?? -1)}`);
  }
  return result.offset;
}
