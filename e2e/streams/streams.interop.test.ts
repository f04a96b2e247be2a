/** Kafka Streams with `exactly_once_v2`: a word count and a windowed join, over kills of the program and of the broker. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kafka, logLevel, type Producer } from "kafkajs";
import { expect, test } from "vitest";
import { Child } from "../harness/child.ts";
import { compileJava, quietLogging, streamsClassPath } from "../harness/kafka-home.ts";
import { startServer } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { createTopic, Reader } from "../transactions/clients.ts";

const TOPICS = ["lines", "counts", "orders", "payments", "paid"] as const;
const WORDS = ["tide", "moor", "fen", "brook", "ford", "weir", "mere"] as const;
const WORDS_PER_LINE = 5;
/** Lines, orders and payments that come in each round. */
const EVENTS_PER_ROUND = 60;
/** What is killed at the end of each round, when some of its outputs are there. */
const ROUNDS = [
  "program",
  "program and broker",
  "program",
  "program and broker",
  "nothing",
] as const;
const OUTPUTS_WITHIN_MS = 120_000;

const wordsOf = (line: number): readonly string[] =>
  Array.from(
    { length: WORDS_PER_LINE },
    (_, at) => WORDS[(line * 3 + at * at) % WORDS.length] ?? "",
  );

/** Each count of each word up to the last line, and each order with its payment. */
function expectedAfter(events: number): { counts: string[]; paid: string[] } {
  const counts: string[] = [];
  const last = new Map<string, number>();
  for (let line = 0; line < events; line += 1) {
    for (const word of wordsOf(line)) {
      last.set(word, (last.get(word) ?? 0) + 1);
      counts.push(`${word}:${last.get(word)}`);
    }
  }
  return { counts, paid: Array.from({ length: events }, (_, at) => `order ${at}:payment ${at}`) };
}

async function withProducer(
  bootstrap: string,
  work: (producer: Producer) => Promise<void>,
): Promise<void> {
  const kafka = new Kafka({ clientId: "e2e", brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  await work(producer);
  await producer.disconnect();
}

/** Events from `first` on; payments come in another order than what they pay for. */
function feed(bootstrap: string, first: number): Promise<void> {
  const numbers = Array.from({ length: EVENTS_PER_ROUND }, (_, at) => first + at);
  const lines = numbers.map((line) => ({ key: `${line}`, value: wordsOf(line).join(" ") }));
  const orders = numbers.map((at) => ({ key: `${at}`, value: `order ${at}` }));
  const payments = numbers.toReversed().map((at) => ({ key: `${at}`, value: `payment ${at}` }));
  return withProducer(bootstrap, async (producer) => {
    await producer.send({ topic: "lines", messages: lines });
    await producer.send({ topic: "orders", messages: orders });
    await producer.send({ topic: "payments", messages: payments });
  });
}

test("every count and every join is there once, over kills of Streams and of the broker", async () => {
  const source = join(import.meta.dirname, "java/WordsAndOrders.java");
  const classPath = await compileJava([source], streamsClassPath());
  const folder = await mkdtemp(join(tmpdir(), "runnel-streams-"));
  const dataDir = join(folder, "data");
  let server = await startServer({ dataDir });
  const startProgram = (): Child => {
    const flags = ["-Xmx256m", "-XX:TieredStopAtLevel=1", quietLogging, "-cp", classPath];
    const args = ["WordsAndOrders", server.kafka, join(folder, "state")];
    return new Child({ name: "Kafka Streams", command: ["java", ...flags, ...args] });
  };
  for (const topic of TOPICS) await createTopic(server.kafka, topic);
  // Clients of a broker that is gone take their time to leave: all do so at the end.
  await using readers = new AsyncDisposableStack();
  let program = startProgram();
  let events = 0;
  for (const killed of ROUNDS) {
    await feed(server.kafka, events);
    events += EVENTS_PER_ROUND;
    const counts = readers.use(await Reader.start(server.kafka, ["counts"]));
    const paid = readers.use(await Reader.start(server.kafka, ["paid"]));
    // In the middle of a round, but at its end in the last.
    const share = killed === "nothing" ? events : events - EVENTS_PER_ROUND / 2;
    await waitFor(
      `${share} of ${events} joins, and their counts`,
      () => paid.values.length >= share && counts.values.length >= share * WORDS_PER_LINE,
      { withinMs: OUTPUTS_WITHIN_MS },
    ).catch((error: unknown) => {
      const found = `${paid.values.length} joins, ${counts.values.length} counts`;
      throw new Error(`${found}; Streams printed:\n${program.output}`, { cause: error });
    });
    if (killed === "nothing") break;
    await program.stop("SIGKILL");
    if (killed === "program and broker") {
      await server.stop("SIGKILL");
      server = await startServer({ dataDir });
    }
    program = startProgram();
  }
  program.endInput();
  await program.exited;

  await withProducer(server.kafka, async (producer) => {
    for (const topic of ["counts", "paid"]) {
      const ends = [0, 1].map((partition) => ({ partition, value: `end-${partition}` }));
      await producer.send({ topic, messages: ends });
    }
  });
  const expected = expectedAfter(events);
  const counts = readers.use(await Reader.start(server.kafka, ["counts"]));
  expect(await counts.until("end-0", "end-1")).toEqual(
    [...expected.counts, "end-0", "end-1"].toSorted(),
  );
  const paid = readers.use(await Reader.start(server.kafka, ["paid"]));
  expect(await paid.until("end-0", "end-1")).toEqual(
    [...expected.paid, "end-0", "end-1"].toSorted(),
  );
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
}, 600_000);
