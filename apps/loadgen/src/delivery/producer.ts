/** A producer over one connection: with no id, with one, or with transactions as of KIP-890. */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { readResponseHeader } from "@runnel/protocol/headers.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { InitProducerIdApi } from "@runnel/protocol/messages/22-init-producer-id.ts";
import { EndTxnApi } from "@runnel/protocol/messages/26-end-txn.ts";
import { IN_FLIGHT } from "../bench.ts";
import {
  type ProducerIdentity,
  SequencedFrames,
  TRANSACTIONAL_VERSION,
} from "./sequenced-frames.ts";
import { Wire } from "./wire.ts";

const INIT_VERSION = 4;
const END_VERSION = 5;
const TIMEOUT_MS = 60_000;
/** What a coordinator says that is made, loads, or still ends the transaction before. */
const AGAIN = new Set([14, 15, 16, 51]);
const ATTEMPTS_MAX = 10_000;

export interface ProducerShape {
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly batchBytes: number;
  readonly recordBytes: number;
  readonly kind: "plain" | "idempotent" | "transactional";
  readonly transactionalId: string;
}

export class LoadProducer implements Disposable {
  readonly #wire: Wire;
  readonly #shape: ProducerShape;
  readonly #frames: readonly SequencedFrames[];
  readonly #inFlight: Promise<void>[] = [];
  #identity: ProducerIdentity = { producerId: -1n, producerEpoch: -1 };
  #sent = 0;
  sentBytes = 0;

  static async open(port: number, shape: ProducerShape): Promise<LoadProducer> {
    const producer = new LoadProducer(await Wire.open(port), shape);
    if (shape.kind !== "plain") await producer.#begin();
    return producer;
  }

  private constructor(wire: Wire, shape: ProducerShape) {
    this.#wire = wire;
    this.#shape = shape;
    const transactionalId = shape.kind === "transactional" ? shape.transactionalId : null;
    this.#frames = shape.partitions.map(
      (partition) => new SequencedFrames({ ...shape, partition, transactionalId }),
    );
  }

  get sent(): number {
    return this.#sent;
  }

  /** Sends a batch to the next partition; waits while as many as may be are under way. */
  async send(): Promise<void> {
    if (this.#inFlight.length >= IN_FLIGHT) await this.#inFlight.shift();
    const frames = this.#frames[this.#sent % this.#frames.length] as SequencedFrames;
    const frame = frames.next();
    this.#sent += 1;
    this.sentBytes += frame.length;
    this.#inFlight.push(this.#wire.exchange(frame).then(check));
  }

  /** Waits for the answers to all that was sent. */
  async flush(): Promise<void> {
    await Promise.all(this.#inFlight.splice(0));
  }

  /** Flushes and commits; the next batch begins another transaction. */
  async commit(): Promise<void> {
    await this.flush();
    const { transactionalId } = this.#shape;
    const answer = await this.#wire.call(EndTxnApi, END_VERSION, {
      transactionalId,
      ...this.#identity,
      committed: true,
    });
    if (answer.errorCode !== 0) throw new Error(`commit failed: error ${answer.errorCode}`);
    this.#become(answer);
  }

  [Symbol.dispose](): void {
    this.#wire[Symbol.dispose]();
  }

  async #begin(): Promise<void> {
    const isTransactional = this.#shape.kind === "transactional";
    const request = {
      transactionalId: isTransactional ? this.#shape.transactionalId : null,
      transactionTimeoutMs: TIMEOUT_MS,
    };
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const answer = await this.#wire.call(InitProducerIdApi, INIT_VERSION, request);
      if (answer.errorCode === 0) {
        this.#become(answer);
        return;
      }
      if (!AGAIN.has(answer.errorCode)) throw new Error(`no producer id: ${answer.errorCode}`);
    }
    throw new Error("no producer id: the coordinator is not ready");
  }

  #become({ producerId, producerEpoch }: ProducerIdentity): void {
    this.#identity = { producerId, producerEpoch };
    for (const frames of this.#frames) frames.become(this.#identity);
  }
}

function check(answer: Buffer): void {
  const reader = new ByteReader(answer);
  readResponseHeader(reader, ProduceApi, TRANSACTIONAL_VERSION);
  const response = ProduceApi.response.read(reader, TRANSACTIONAL_VERSION);
  const result = response.responses[0]?.partitionResponses[0];
  if (result?.errorCode !== 0) throw new Error(`produce failed: ${JSON.stringify(result)}`);
}
