/** The command-line tools that come with Kafka, as people call them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../harness/child.ts";
import { kafkaClassPath, quietLogging } from "../harness/kafka-home.ts";
import { type Server, startServer } from "../harness/server.ts";

const tools = {
  "kafka-topics": "org.apache.kafka.tools.TopicCommand",
  "kafka-configs": "kafka.admin.ConfigCommand",
  "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
  "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
  "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
  "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
  "kafka-broker-api-versions": "org.apache.kafka.tools.BrokerApiVersionsCommand",
} as const;

let server: Server | undefined;
let classPath = "";

beforeAll(async () => {
  classPath = await kafkaClassPath();
  server = await startServer();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

/** Runs one tool against the server; a failure shows what it printed. */
async function tool(
  name: keyof typeof tools,
  args: readonly string[],
  input = "",
): Promise<string> {
  const { stdout } = await run({
    name,
    command: [
      "java",
      "-Xmx128m",
      "-XX:TieredStopAtLevel=1",
      quietLogging,
      "-cp",
      classPath,
      tools[name],
      "--bootstrap-server",
      server!.kafka,
      ...args,
    ],
    input,
  });
  return stdout;
}

test("kafka-topics creates, lists, describes, grows and deletes a topic", async () => {
  const topic = ["--topic", "tools-topic"];
  await tool("kafka-topics", ["--create", ...topic, "--partitions", "2"]);
  expect(await tool("kafka-topics", ["--list"])).toMatch(/^tools-topic$/m);
  expect(await tool("kafka-topics", ["--describe", ...topic])).toMatch(
    /Topic: tools-topic\s.*PartitionCount: 2\s+ReplicationFactor: 1/,
  );
  await tool("kafka-topics", ["--alter", ...topic, "--partitions", "3"]);
  expect(await tool("kafka-topics", ["--describe", ...topic])).toContain("PartitionCount: 3");
  await tool("kafka-topics", ["--delete", ...topic]);
  expect(await tool("kafka-topics", ["--list"])).not.toMatch(/^tools-topic$/m);
});

test("kafka-configs changes and describes a topic's configs", async () => {
  await tool("kafka-topics", ["--create", "--topic", "tools-configs"]);
  const entity = ["--entity-type", "topics", "--entity-name", "tools-configs"];
  await tool("kafka-configs", ["--alter", ...entity, "--add-config", "retention.ms=3600000"]);
  expect(await tool("kafka-configs", ["--describe", ...entity])).toContain("retention.ms=3600000");
  await tool("kafka-configs", ["--alter", ...entity, "--delete-config", "retention.ms"]);
  expect(await tool("kafka-configs", ["--describe", ...entity])).not.toContain("retention.ms=");
  expect(await tool("kafka-configs", ["--describe", "--all", ...entity])).toContain(
    "retention.ms=604800000",
  );
});

test("what the console producer sends, the console consumer and kafka-get-offsets see", async () => {
  const topic = ["--topic", "tools-console"];
  await tool("kafka-topics", ["--create", ...topic]);
  const lines = Array.from({ length: 50 }, (_, index) => `key-${index}\tvalue ${index}`);
  await tool(
    "kafka-console-producer",
    [...topic, "--reader-property", "parse.key=true", "--compression-codec", "lz4"],
    `${lines.join("\n")}\n`,
  );
  const limits = ["--from-beginning", "--max-messages", "50", "--timeout-ms", "20000"];
  const consumed = await tool("kafka-console-consumer", [
    ...topic,
    ...limits,
    "--formatter-property",
    "print.key=true",
  ]);
  expect(consumed.trim().split("\n")).toEqual(lines);
  expect((await tool("kafka-get-offsets", topic)).trim()).toBe("tools-console:0:50");
});

test("kafka-consumer-groups lists, describes, resets and deletes a group", async () => {
  const topic = ["--topic", "tools-group"];
  const group = ["--group", "tools-group-members"];
  await tool("kafka-topics", ["--create", ...topic]);
  await tool("kafka-console-producer", topic, "one\ntwo\nthree\nfour\n");
  const limits = ["--from-beginning", "--max-messages", "3", "--timeout-ms", "20000"];
  await tool("kafka-console-consumer", [...topic, ...group, ...limits]);

  expect(await tool("kafka-consumer-groups", ["--list"])).toMatch(/^tools-group-members$/m);
  // group, topic, partition, current offset, log end offset, lag
  expect(await tool("kafka-consumer-groups", ["--describe", ...group])).toMatch(
    /tools-group-members\s+tools-group\s+0\s+3\s+4\s+1\s/,
  );
  const reset = ["--reset-offsets", "--to-offset", "1", "--execute"];
  await tool("kafka-consumer-groups", [...reset, ...group, ...topic]);
  expect(await tool("kafka-consumer-groups", ["--describe", ...group])).toMatch(
    /tools-group-members\s+tools-group\s+0\s+1\s+4\s+3\s/,
  );
  await tool("kafka-consumer-groups", ["--delete", ...group]);
  expect(await tool("kafka-consumer-groups", ["--list"])).not.toContain("tools-group-members");
});

test("kafka-broker-api-versions shows every API that clients need", async () => {
  const versions = await tool("kafka-broker-api-versions", []);
  for (const api of ["Produce", "Fetch", "Metadata", "JoinGroup", "CreateTopics"]) {
    expect(versions).toMatch(new RegExp(`${api}\\(\\d+\\): .*\\[usable: \\d+\\]`));
  }
});
