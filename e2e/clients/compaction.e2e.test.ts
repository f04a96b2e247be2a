import { expect, test } from "vitest";
import { startRunnel } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { describeCompaction } from "./compaction.ts";
import { base64 } from "./dataset.ts";
import { kafkajsKind } from "./drivers/kafkajs.ts";
import { kcatKind } from "./drivers/kcat.ts";
import { platformaticKind } from "./drivers/platformatic.ts";
import { confluentKind, kafkaPythonKind } from "./drivers/python.ts";

describeCompaction([kafkajsKind, platformaticKind, kcatKind, confluentKind, kafkaPythonKind]);

test("a record without a key is refused, and so is DeleteRecords where a topic is only compacted", async () => {
  await using server = await startRunnel();
  await using client = await kafkajsKind.start(server.kafka);
  const configs = { "cleanup.policy": "compact" };
  await client.createTopic({ topic: "keys", partitions: 1, configs });
  const record = { partition: 0, value: base64("v"), headers: [] };
  const produce = (key: string | null, codec: "none" | "gzip"): Promise<unknown> =>
    client.produce({ topic: "keys", records: [{ ...record, key }], codec, acks: -1 });
  await produce(base64("k"), "gzip");
  await expect(produce(null, "none")).rejects.toMatchObject({ code: 87 });
  await expect(produce(null, "gzip")).rejects.toMatchObject({ code: 87 });
  const deleteFirst = (): Promise<void> =>
    client.deleteRecords({ topic: "keys", partition: 0, before: 1 });
  await expect(deleteFirst()).rejects.toThrow("Error while deleting records");
  await client.alterConfig({ topic: "keys", name: "cleanup.policy", value: "compact,delete" });
  await waitFor("records may be deleted", async () => {
    return deleteFirst().then(
      () => true,
      () => false,
    );
  });
}, 60_000);
