import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../harness/child.ts";
import { kafkaClassPath, quietLogging } from "../harness/kafka-home.ts";
import { CompactedTopic, describeCompaction } from "./compaction.ts";
import { franzGoKind } from "./drivers/franz-go.ts";
import { javaKind } from "./drivers/java.ts";
import { newestConfluentKind } from "./drivers/python.ts";

/** What Kafka's tool prints of a file that it is not content with; it tells of gaps in Kafka's own, too. */
const COMPLAINTS =
  /timestamp mismatch|out of order|Mismatches in|isvalid: false|corrupt|Exception/i;

describeCompaction([javaKind, franzGoKind, newestConfluentKind]);

test("Kafka's own tool reads compacted segments and their indexes", async () => {
  await using topic = await CompactedTopic.open();
  await topic.compacted();
  await topic.server.stop();
  const { dataDir } = topic.server;
  const names = await readdir(dataDir, { recursive: true });
  const dump = async (suffix: string, ...options: readonly string[]): Promise<string> => {
    const files = names.filter((name) => /\/\d{20}\./.test(name) && name.endsWith(suffix));
    const paths = files.map((name) => join(dataDir, name)).join(",");
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
        paths,
        ...options,
      ],
      withinMs: 120_000,
    });
    return output;
  };
  expect(await dump(".log", "--deep-iteration")).not.toMatch(COMPLAINTS);
  // What compaction removed stands as batches without records.
  expect(await dump(".log")).toMatch(/count: 0 /);
  expect(await dump(".index", "--verify-index-only")).not.toMatch(COMPLAINTS);
  expect(await dump(".timeindex", "--verify-index-only")).not.toMatch(COMPLAINTS);
}, 300_000);
