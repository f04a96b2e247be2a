/** Transactions as clients offer them, in one form. */
import { findErrorBy, Producer } from "@platformatic/kafka";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { type Consumer, Kafka, logLevel } from "kafkajs";
import { waitFor } from "../harness/wait.ts";

export interface Transaction {
  send(topic: string, partition: number, value: string): Promise<void>;
  /** Commits that a group has read up to `offset`; left out where the client does it for a consumer only. */
  sendOffset?(place: CommittedPlace): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

export interface CommittedPlace {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface TransactionalProducer extends AsyncDisposable {
  begin(): Promise<Transaction>;
}

export interface TransactionalClient {
  readonly name: string;
  /** Why its transactions have no `sendOffset` here. */
  readonly lacksOffsets?: string;
  /** Fences whoever works under the id so far. */
  start(
    bootstrap: string,
    transactionalId: string,
    options?: ProducerOptions,
  ): Promise<TransactionalProducer>;
}

export interface ProducerOptions {
  /** How long a transaction may take; 30 s where left out. */
  readonly timeoutMs?: number;
  /** After which a record is given up, and after half of it a request; the client's own where left out. */
  readonly deliveryTimeoutMs?: number;
}

const kafkaOf = (bootstrap: string): Kafka =>
  new Kafka({
    clientId: "e2e",
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 20 },
  });

export const kafkajsTransactions: TransactionalClient = {
  name: "kafkajs",
  async start(bootstrap, transactionalId, { timeoutMs: transactionTimeout = 30_000 } = {}) {
    const producer = kafkaOf(bootstrap).producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout,
    });
    await producer.connect();
    return {
      async begin() {
        const transaction = await producer.transaction();
        return {
          async send(topic, partition, value) {
            await transaction.send({ topic, messages: [{ partition, value }] });
          },
          async sendOffset({ groupId, topic, partition, offset }) {
            const offsets = [{ partition, offset: String(offset) }];
            await transaction.sendOffsets({
              consumerGroupId: groupId,
              topics: [{ topic, partitions: offsets }],
            });
          },
          commit: () => transaction.commit(),
          abort: () => transaction.abort(),
        };
      },
      [Symbol.asyncDispose]: () => producer.disconnect(),
    };
  },
};

export const platformaticTransactions: TransactionalClient = {
  name: "@platformatic/kafka",
  lacksOffsets: "it commits offsets of messages that a consumer of its own has read",
  async start(bootstrap, transactionalId) {
    const producer = new Producer({
      clientId: "e2e",
      bootstrapBrokers: [bootstrap],
      transactionalId,
      idempotent: true,
      retries: 20,
      retryDelay: 100,
    });
    // What it says of itself unless told otherwise, producer 0 at epoch 0, a known id does not have.
    const nobody = { producerId: -1n, producerEpoch: -1 };
    return {
      async begin() {
        const transaction = await producer.beginTransaction(nobody);
        return {
          async send(topic, partition, value) {
            const messages = [{ topic, partition, value: Buffer.from(value) }];
            await transaction.send({ messages }).catch(withOutcome);
          },
          commit: () => transaction.commit().catch(withOutcome),
          abort: () => transaction.abort().catch(withOutcome),
        };
      },
      async [Symbol.asyncDispose]() {
        await producer.close().catch(() => {});
      },
    };
  },
};

/** Rejects with the outcome that is somewhere in the error. */
function withOutcome(error: unknown): never {
  const codes = [ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH];
  const outcome = codes.find((code) => findErrorBy(error as Error, "apiCode", code) !== null);
  throw outcome === undefined ? error : new Error(errorName(outcome), { cause: error });
}

/** Reads whole topics, in groups of its own. */
export class Reader implements AsyncDisposable {
  readonly #consumer: Consumer;
  readonly values: string[] = [];

  private constructor(consumer: Consumer) {
    this.#consumer = consumer;
  }

  static async start(
    bootstrap: string,
    topics: readonly string[],
    options: { readonly readUncommitted?: boolean; readonly groupId?: string } = {},
  ): Promise<Reader> {
    const { readUncommitted = false, groupId = `reader-${crypto.randomUUID()}` } = options;
    const consumer = kafkaOf(bootstrap).consumer({
      groupId,
      readUncommitted,
      maxWaitTimeInMs: 100,
    });
    const reader = new Reader(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        reader.values.push(message.value?.toString() ?? "");
        return Promise.resolve();
      },
    });
    return reader;
  }

  /** All that was read until `value` was, sorted. */
  async until(...values: readonly string[]): Promise<readonly string[]> {
    await waitFor(`${values.join(" and ")} among ${this.values.length} values`, () =>
      values.every((value) => this.values.includes(value)),
    );
    return this.values.toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#consumer.disconnect();
  }
}

/** What a group has committed; −1 for nothing. */
export async function committedOffset(
  bootstrap: string,
  { groupId, topic, partition }: Omit<CommittedPlace, "offset">,
): Promise<number> {
  const admin = kafkaOf(bootstrap).admin();
  await admin.connect();
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  await admin.disconnect();
  return Number(found?.partitions.find((one) => one.partition === partition)?.offset ?? -1);
}

export async function createTopic(
  bootstrap: string,
  topic: string,
  numPartitions = 2,
): Promise<void> {
  const admin = kafkaOf(bootstrap).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  await admin.disconnect();
}
