/** Produce requests of a producer with an id: built once, and given their sequence as they go out. */
import { setInt32 } from "@runnel/kit/byte-writer.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  readBatchHeader,
  TRANSACTIONAL_BIT,
  updateCrc,
} from "@runnel/protocol/records/batch.ts";
import { IN_FLIGHT } from "../bench.ts";
import { batchOf, frameOf } from "../requests.ts";

/** Partitions join a transaction by their first batch from here on (KIP-890). */
export const TRANSACTIONAL_VERSION = 12;

export interface SequencedShape {
  readonly topic: string;
  readonly partition: number;
  readonly batchBytes: number;
  readonly recordBytes: number;
  /** Null: without transactions. */
  readonly transactionalId: string | null;
}

export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** One partition's requests. The bytes of one are used again once `IN_FLIGHT` later ones have gone. */
export class SequencedFrames {
  readonly #frames: Uint8Array[];
  readonly #batchAt: number;
  readonly #recordCount: number;
  readonly #isTransactional: boolean;
  #sequence = 0;
  #sent = 0;
  #producer: ProducerIdentity | null = null;

  constructor({ topic, partition, batchBytes, recordBytes, transactionalId }: SequencedShape) {
    const batch = batchOf(batchBytes, recordBytes);
    const frame = frameOf(ProduceApi, TRANSACTIONAL_VERSION, {
      transactionalId,
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch }] }],
    });
    this.#batchAt = Buffer.from(frame.buffer, frame.byteOffset, frame.length).indexOf(batch);
    this.#recordCount = readBatchHeader(batch, 0).recordCount;
    this.#isTransactional = transactionalId !== null;
    this.#frames = Array.from({ length: IN_FLIGHT + 1 }, () => frame.slice());
  }

  /** From here on the requests are those of `producer`, from sequence 0; null: of none. */
  become(producer: ProducerIdentity | null): void {
    this.#producer = producer;
    this.#sequence = 0;
  }

  next(): Uint8Array {
    const frame = this.#frames[this.#sent % this.#frames.length] as Uint8Array;
    this.#sent += 1;
    if (this.#producer === null) return frame;
    const { producerId, producerEpoch } = this.#producer;
    const batch = frame.subarray(this.#batchAt);
    if (this.#isTransactional) batch[ATTRIBUTES_AT + 1] = TRANSACTIONAL_BIT;
    setInt32(batch, PRODUCER_ID_AT, Number(BigInt.asIntN(32, producerId >> 32n)));
    setInt32(batch, PRODUCER_ID_AT + 4, Number(BigInt.asIntN(32, producerId)));
    batch[PRODUCER_EPOCH_AT] = producerEpoch >> 8;
    batch[PRODUCER_EPOCH_AT + 1] = producerEpoch;
    setInt32(batch, BASE_SEQUENCE_AT, this.#sequence);
    updateCrc(batch, 0);
    this.#sequence += this.#recordCount;
    return frame;
  }
}
