/** A processor with @platformatic/kafka: `node processor.ts TASK`. Reads standard input only to see its end. */
import { Consumer, findErrorBy, Producer } from "@platformatic/kafka";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Task } from "./task.ts";

const ABORTED_OF_TEN = 3;
const RETRIES = 60;
const RETRY_MS = 100;
const FENCED = [
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
];
// What the client says of itself unless told otherwise, producer 0 at epoch 0, a known id does not have.
const NOBODY = { producerId: -1n, producerEpoch: -1 };

const task = JSON.parse(process.argv[2] ?? "") as Task;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
let isStopping = false;
process.stdin.on("end", () => {
  isStopping = true;
});
process.stdin.resume();

const base = {
  clientId: task.name,
  bootstrapBrokers: [task.bootstrap],
  retries: RETRIES,
  retryDelay: RETRY_MS,
};
const producer = new Producer({
  ...base,
  transactionalId: task.transactionalId,
  idempotent: true,
  timeout: task.transactionTimeoutMs,
});
type Transaction = Awaited<ReturnType<typeof producer.beginTransaction>>;
let number = 0;

/** One transaction; what `work` answers says how it ends. */
async function transact(work: (transaction: Transaction) => Promise<boolean>): Promise<void> {
  number += 1;
  say(`begin ${number}`);
  const transaction = await producer.beginTransaction(NOBODY);
  const isCommit = await work(transaction);
  await (isCommit ? transaction.commit() : transaction.abort());
  say(`${isCommit ? "committed" : "aborted"} ${number}`);
}

/**
 * Alone in its group: this client asks for offsets without waiting for those that a transaction has pending, and gives what
 * an old generation fetched the new generation's number. So whoever is fenced must be so by the transactional id, before
 * offsets are read, and what comes again is told by its offset.
 */
async function bank(): Promise<void> {
  const first = await producer.beginTransaction(NOBODY);
  await first.cancel();
  const consumer = new Consumer({
    ...base,
    groupId: task.groupId,
    sessionTimeout: 6_000,
    rebalanceTimeout: 6_000,
    heartbeatInterval: 500,
  });
  const stream = await consumer.consume({
    topics: [task.input],
    mode: "committed",
    fallbackMode: "earliest",
    autocommit: false,
    maxWaitTime: 100,
    isolationLevel: 1,
  });
  process.stdin.on("end", () => void stream.destroy());
  say("ready");
  const nextOffsets = new Map<number, bigint>();
  for await (const message of stream) {
    if (message.offset < (nextOffsets.get(message.partition) ?? 0n)) continue;
    nextOffsets.set(message.partition, message.offset + 1n);
    const [name, transfer, from, to, amount] = message.value.toString().split(":");
    const half = (topic: string, account: string | undefined, sum: string) => ({
      topic,
      partition: Number(account) % task.partitions,
      value: Buffer.from(`${name}:${transfer}:${account}:${sum}`),
    });
    await transact(async (transaction) => {
      await transaction.send({
        messages: [half(task.debits, from, `-${amount}`), half(task.credits, to, `${amount}`)],
      });
      await transaction.addConsumer(consumer);
      await transaction.addOffset(message);
      return true;
    });
    if (isStopping) break;
  }
}

async function mix(): Promise<void> {
  say("ready");
  while (!isStopping) {
    await transact(async (transaction) => {
      const count = 2 + Math.floor(Math.random() * (task.mixedPartitions - 1));
      const first = Math.floor(Math.random() * task.mixedPartitions);
      for (let at = 0; at < count; at += 1) {
        const partition = (first + at) % task.mixedPartitions;
        const value = Buffer.from(`${task.name}:${number}:${at}:${count}`);
        await transaction.send({ messages: [{ topic: task.mixed, partition, value }] });
      }
      return Math.random() * 10 >= ABORTED_OF_TEN;
    });
  }
}

try {
  await (task.mode === "bank" ? bank() : mix());
  process.exit(0);
} catch (error) {
  // Its stream was closed under it.
  if (isStopping) process.exit(0);
  const fence = FENCED.find((code) => findErrorBy(error as Error, "apiCode", code) !== null);
  say(fence === undefined ? `failed ${String(error)}` : `fenced ${fence}`);
  process.exit(1);
}
