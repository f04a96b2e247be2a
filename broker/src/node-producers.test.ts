/** What a whole node says of the producers that it remembers. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { CreateTopicsApi } from "@runnel/protocol/messages/19-create-topics.ts";
import { DescribeProducersApi } from "@runnel/protocol/messages/61-describe-producers.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { expect, test } from "vitest";
import { createMemoryWorld } from "#io/memory/world.ts";
import { callNode, startNode, storeBehind } from "./node-testing.ts";

test("DescribeProducers says what a partition remembers, once however often it is asked", async () => {
  const [world, behind] = [createMemoryWorld(), storeBehind()];
  await startNode(world, behind);
  const topic = { name: "t", numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] };
  const create = { topics: [topic], timeoutMs: 1000, validateOnly: false };
  await callNode(world, behind, [CreateTopicsApi, 7, create]);
  const records = [{ key: null, value: Uint8Array.of(1), timestamp: 1000 }];
  const batch = buildBatch({ records, producerId: 7n, producerEpoch: 3, baseSequence: 5 });
  const partitionData = [{ index: 0, records: batch }];
  const produce = { transactionalId: null, acks: -1, timeoutMs: 1000 };
  const topicData = [{ name: "t", partitionData }];
  await callNode(world, behind, [ProduceApi, 9, { ...produce, topicData }]);
  const asked = [
    { name: "t", partitionIndexes: [0, 0, 1] },
    { name: "t", partitionIndexes: [0] },
  ];
  const { topics } = await callNode(world, behind, [DescribeProducersApi, 0, { topics: asked }]);
  const told = topics.map(({ partitions }) =>
    partitions.map(({ errorCode, activeProducers }) => [errorCode, activeProducers.length]),
  );
  const { NONE, INVALID_REQUEST } = ErrorCode;
  expect(told).toEqual([
    [
      [NONE, 1],
      [INVALID_REQUEST, 0],
      [NONE, 0],
    ],
    [[INVALID_REQUEST, 0]],
  ]);
  expect(topics[0]?.partitions[0]?.activeProducers).toMatchObject([
    { producerId: 7n, producerEpoch: 3, lastSequence: 5, currentTxnStartOffset: -1 },
  ]);
});
