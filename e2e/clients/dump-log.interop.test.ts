/** Kafka's own dump tool reads the files of a stopped broker: segments, both indexes, and the committed offsets. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../harness/child.ts";
import { kafkaClassPath, quietLogging } from "../harness/kafka-home.ts";
import { type Server, startServer } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { CODECS } from "./calls.ts";
import { dataset, large, numbered } from "./dataset.ts";
import { kafkajsKind } from "./drivers/kafkajs.ts";
import { confluentKind } from "./drivers/python.ts";

const PARTITIONS = [0, 1, 2];
const LARGE_COUNT = 12;
const GROUP = "dumped-group";
/** What the tool prints about a file that it is not content with. */
const COMPLAINTS =
  /timestamp mismatch|out of order|Mismatches in|is followed by|isvalid: false|corrupt|Exception/i;
/** Printed about every segment but a partition's first, Kafka's own included: the tool starts to count at -1. */
const FIRST_OFFSET = /^ *-1 is followed by \d+$/gm;

let server: Server | undefined;
let files: readonly string[] = [];
let produced = 0;

beforeAll(async () => {
  server = await startServer();
  await produce(server);
  await server.stop();
  const all = await readdir(server.dataDir, { recursive: true });
  files = all
    .filter((file) => /(^|\/)\d{20}\.(log|index|timeindex)$/.test(file))
    // Apache Kafka's metadata log has a format of its own.
    .filter((file) => !file.includes("__cluster_metadata"))
    .map((file) => join(server!.dataDir, file));
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

/** Every codec and shape of record, several segments, an idempotent producer, and a group's commits. */
async function produce({ kafka }: Server): Promise<void> {
  await using kafkajs = await kafkajsKind.start(kafka);
  await using librdkafka = await confluentKind.start(kafka);
  const configs = { "segment.bytes": "2097152", "index.interval.bytes": "1024" };
  const topic = "dumped";
  await kafkajs.createTopic({ topic, partitions: PARTITIONS.length, configs });
  await waitFor("the topic is there", async () => {
    return (await kafkajs.listOffset({ topic, partition: 0, at: "latest" })) === 0;
  });
  for (const codec of CODECS) {
    const records = dataset(PARTITIONS);
    await librdkafka.produce({ topic, records, codec, acks: -1, idempotent: true });
    produced += records.length;
  }
  for (let count = 0; count < LARGE_COUNT; count += 1) {
    await librdkafka.produce({ topic, records: [large(500_000)], codec: "none", acks: 1 });
    produced += 1;
  }
  const few = numbered("few", 300, PARTITIONS);
  await kafkajs.produce({ topic, records: few, codec: "gzip", acks: -1 });
  produced += few.length;

  const consumer = "member";
  await kafkajs.join({
    consumer,
    group: GROUP,
    topics: [topic],
    protocol: "classic",
    assignor: "range",
  });
  await kafkajs.read({ consumer, count: 10, withinMs: 20_000 });
  await kafkajs.commit({ consumer });
}

async function dump(paths: readonly string[], options: readonly string[]): Promise<string> {
  const { output } = await run({
    name: "DumpLogSegments",
    command: [
      "java",
      "-Xmx256m",
      quietLogging,
      "-cp",
      await kafkaClassPath(),
      "org.apache.kafka.tools.DumpLogSegments",
      "--files",
      paths.join(","),
      ...options,
    ],
    withinMs: 120_000,
  });
  return output.replaceAll(FIRST_OFFSET, "");
}

/** Every index is either good or empty, and some are not empty. */
async function checkSanity(indexes: readonly string[]): Promise<void> {
  const output = await dump(indexes, ["--index-sanity-check"]);
  expect(output).not.toMatch(COMPLAINTS);
  const good = output.match(/passed sanity check/g) ?? [];
  expect(good.length).toBeGreaterThan(0);
  expect([...good, ...(output.match(/is empty/g) ?? [])]).toHaveLength(indexes.length);
}

const withSuffix = (suffix: string): readonly string[] =>
  files.filter((file) => file.endsWith(suffix));

test("segments are read to their last record", async () => {
  const segments = withSuffix(".log");
  expect(segments.length).toBeGreaterThan(PARTITIONS.length + 2);
  const output = await dump(segments, ["--deep-iteration"]);
  expect(output).not.toMatch(COMPLAINTS);
  expect(output.match(/^Dumping /gm)).toHaveLength(segments.length);
  expect(output.match(/^\| offset: /gm)!.length).toBeGreaterThanOrEqual(produced);
  expect([...new Set(output.match(/(?<=compresscodec: )\w+/g))].toSorted()).toEqual(
    [...CODECS].toSorted(),
  );
});

test("offset indexes pass the sanity check and agree with their segments", async () => {
  const indexes = withSuffix(".index");
  await checkSanity(indexes);
  const output = await dump(indexes, ["--verify-index-only"]);
  expect(output).not.toMatch(COMPLAINTS);
});

test("time indexes pass the sanity check and agree with their segments", async () => {
  const indexes = withSuffix(".timeindex");
  await checkSanity(indexes);
  const output = await dump(indexes, ["--verify-index-only"]);
  expect(output).not.toMatch(COMPLAINTS);
});

test("the committed offsets are decoded", async () => {
  const segments = withSuffix(".log");
  const contents = await Promise.all(segments.map((file) => readFile(file)));
  const ofGroup = segments.filter((_, index) => contents[index]!.includes(GROUP));
  const output = await dump(ofGroup, ["--offsets-decoder", "--deep-iteration"]);
  expect(output).not.toMatch(COMPLAINTS);
  expect(output).toMatch(/"group":"dumped-group","topic":"dumped","partition":\d/);
});
