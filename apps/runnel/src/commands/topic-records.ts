/** `runnel topic records delete`: moves the beginning of partitions forward. */
import { CommandError } from "../cli/failure.ts";
import { formatCount, formatCounted } from "../cli/format.ts";
import { parsePosition } from "../cli/position.ts";
import { renderTable } from "../cli/table.ts";
import { parsePartitions } from "../cli/values.ts";
import {
  type Cluster,
  type ClusterView,
  REQUEST_TIMEOUT_MS,
  type Topic,
} from "../kafka/cluster.ts";
import { checkCode } from "../kafka/explain.ts";
import {
  groupByLeader,
  partitionsOf,
  rangesOf,
  remarksOnPlaces,
  resolvePosition,
  topicOf,
} from "../kafka/offsets.ts";
import { type ClientFlags, withCluster } from "./client.ts";

export interface DeleteRecordsFlags extends ClientFlags {
  readonly before: string;
  readonly partition?: string;
  readonly dryRun?: boolean;
}

export async function deleteRecords(name: string, flags: DeleteRecordsFlags): Promise<void> {
  const position = parsePosition(flags.before, "--before");
  const wanted =
    flags.partition === undefined ? null : parsePartitions(flags.partition, "--partition");
  await withCluster(flags, async ({ cluster, output, isJson }) => {
    const view = await cluster.describe([name]);
    const topic = topicOf(view, name);
    const ranges = await rangesOf(cluster, view, topic, partitionsOf(topic, wanted));
    const targets = await resolvePosition(cluster, view, topic, position, ranges);
    for (const remark of remarksOnPlaces(name, position, ranges)) output.remark(remark);
    const moved = [...ranges].map(([partition, { start }]) => {
      return { partition, before: start, after: targets.get(partition) ?? start };
    });
    const changed = moved.filter(({ before, after }) => after > before);
    if (flags.dryRun !== true) {
      await deleteBefore(cluster, view, topic, new Map(changed.map((m) => [m.partition, m.after])));
    }
    if (isJson) {
      await output.json({
        topic: name,
        dryRun: flags.dryRun === true,
        partitions: moved.map(({ partition, before, after }) => {
          return { partition, before: Number(before), after: Number(after) };
        }),
      });
      return;
    }
    const rows = moved.map(({ partition, before, after }) => {
      return [partition, formatCount(before), formatCount(after), formatCount(after - before)];
    });
    await output.write(renderTable(COLUMNS, rows));
    const total = changed.reduce((sum, { before, after }) => sum + after - before, 0n);
    const verb = flags.dryRun === true ? "would be deleted" : "deleted";
    output.remark(`${formatCounted(total, "offset")} ${verb}.`);
  });
}

const COLUMNS = [
  { title: "PARTITION", align: "right" },
  { title: "START BEFORE", align: "right" },
  { title: "START AFTER", align: "right" },
  { title: "OFFSETS", align: "right" },
] as const;

async function deleteBefore(
  cluster: Cluster,
  view: ClusterView,
  topic: Topic,
  targets: ReadonlyMap<number, bigint>,
): Promise<void> {
  for (const [leader, led] of groupByLeader(topic, [...targets.keys()])) {
    const broker = view.brokers.get(leader);
    if (broker === undefined) {
      throw new CommandError(`partition ${led[0]} of topic "${topic.name}" has no leader`);
    }
    const partitions = led.map((partitionIndex) => {
      return { partitionIndex, offset: targets.get(partitionIndex) ?? 0n };
    });
    const asked = [{ name: topic.name, partitions }];
    const answer = await cluster.call("DeleteRecords", broker, asked, REQUEST_TIMEOUT_MS);
    for (const { partitionIndex, errorCode } of answer.topics.flatMap((each) => each.partitions)) {
      checkCode(errorCode, `partition ${partitionIndex} of topic "${topic.name}"`);
    }
  }
}
