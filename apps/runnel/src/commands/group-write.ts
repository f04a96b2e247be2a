/** `runnel group reset` and `delete`. */
import { CommandError, UsageError } from "../cli/failure.ts";
import { formatCount } from "../cli/format.ts";
import { type Position, parsePosition } from "../cli/position.ts";
import { renderTable } from "../cli/table.ts";
import { parsePartitions } from "../cli/values.ts";
import type { Cluster } from "../kafka/cluster.ts";
import { explain } from "../kafka/explain.ts";
import { committedOffsets, describeGroup } from "../kafka/groups.ts";
import {
  partitionsOf,
  rangesOf,
  remarksOnPlaces,
  resolvePosition,
  topicOf,
} from "../kafka/offsets.ts";
import { type ClientFlags, withCluster } from "./client.ts";

export interface ResetFlags extends ClientFlags {
  readonly to: string;
  readonly topic?: readonly string[];
  readonly dryRun?: boolean;
}

/** A topic named on the command line; null for all its partitions. */
export interface TopicChoice {
  readonly topic: string;
  readonly partitions: readonly number[] | null;
}

interface Move {
  readonly topic: string;
  readonly partition: number;
  readonly before: bigint | null;
  readonly after: bigint;
}

export async function resetGroup(group: string, flags: ResetFlags): Promise<void> {
  const position = parsePosition(flags.to, "--to");
  const chosen = (flags.topic ?? []).map(parseTopicChoice);
  const isDryRun = flags.dryRun === true;
  await withCluster(flags, async ({ cluster, output, isJson }) => {
    await checkEmpty(cluster, group, { isNewAllowed: chosen.length > 0 });
    const { moves, remarks } = await planMoves(cluster, group, position, chosen);
    for (const remark of remarks) output.remark(remark);
    if (!isDryRun) await commit(cluster, group, moves);
    if (isJson) {
      const partitions = moves.map(({ topic, partition, before, after }) => {
        return {
          topic,
          partition,
          before: before === null ? null : Number(before),
          after: Number(after),
        };
      });
      await output.json({ group, dryRun: isDryRun, partitions });
      return;
    }
    const rows = moves.map(({ topic, partition, before, after }) => {
      return [
        topic,
        partition,
        before === null ? "-" : formatCount(before),
        "→",
        formatCount(after),
      ];
    });
    await output.write(renderTable(COLUMNS, rows));
    if (isDryRun) output.remark("Nothing was changed: leave out --dry-run to change it.");
  });
}

const COLUMNS = [
  { title: "TOPIC" },
  { title: "PARTITION", align: "right" },
  { title: "BEFORE", align: "right" },
  { title: "" },
  { title: "AFTER", align: "right" },
] as const;

/** `orders` or `orders:0,2-4`. A colon cannot be part of a topic's name. */
export function parseTopicChoice(text: string): TopicChoice {
  const [topic, partitions, ...rest] = text.split(":");
  if (topic === undefined || topic === "" || rest.length > 0) {
    throw new UsageError(`--topic: "${text}" is not TOPIC or TOPIC:PARTITIONS`);
  }
  return {
    topic,
    partitions: partitions === undefined ? null : parsePartitions(partitions, "--topic"),
  };
}

/** Members would go on from where they are and commit over what we set. */
async function checkEmpty(
  cluster: Cluster,
  id: string,
  { isNewAllowed }: { readonly isNewAllowed: boolean },
): Promise<void> {
  const group = await describeGroup(cluster, id).catch((error: unknown) => {
    // Offsets may be set before the first member comes.
    if (isNewAllowed && error instanceof CommandError) return null;
    throw error;
  });
  const count = group?.members.length ?? 0;
  if (count === 0) return;
  throw new CommandError(
    `group "${id}" has ${count} ${count === 1 ? "member" : "members"}: ` +
      "stop them first, or they go on from where they are",
  );
}

async function planMoves(
  cluster: Cluster,
  group: string,
  position: Position,
  chosen: readonly TopicChoice[],
): Promise<{ readonly moves: readonly Move[]; readonly remarks: readonly string[] }> {
  const committed = await committedOffsets(cluster, group);
  const choices =
    chosen.length > 0
      ? chosen
      : [...committed].map(([topic, offsets]): TopicChoice => {
          return { topic, partitions: [...offsets.keys()].sort((a, b) => a - b) };
        });
  if (choices.length === 0) {
    throw new CommandError(
      `group "${group}" has committed nothing: name what to set with --topic TOPIC`,
    );
  }
  const view = await cluster.describe([...new Set(choices.map(({ topic }) => topic))]);
  const moves: Move[] = [];
  const remarks: string[] = [];
  for (const { topic: name, partitions } of choices) {
    const topic = topicOf(view, name);
    const ranges = await rangesOf(cluster, view, topic, partitionsOf(topic, partitions));
    const targets = await resolvePosition(cluster, view, topic, position, ranges);
    remarks.push(...remarksOnPlaces(name, position, ranges));
    for (const [partition, after] of targets) {
      const before = committed.get(name)?.get(partition) ?? null;
      moves.push({ topic: name, partition, before, after });
    }
  }
  return { moves, remarks };
}

async function commit(cluster: Cluster, group: string, moves: readonly Move[]): Promise<void> {
  const byTopic = Map.groupBy(moves, ({ topic }) => topic);
  await cluster.admin.alterConsumerGroupOffsets({
    groupId: group,
    topics: [...byTopic].map(([name, moved]) => ({
      name,
      partitionOffsets: moved.map(({ partition, after }) => ({ partition, offset: after })),
    })),
  });
}

export async function deleteGroups(ids: readonly string[], flags: ClientFlags): Promise<void> {
  await withCluster(flags, async ({ cluster, output, isJson }) => {
    const outcomes: { readonly group: string; readonly error?: string }[] = [];
    for (const id of new Set(ids)) {
      const error = await cluster.admin.deleteGroups({ groups: [id] }).then(
        () => null,
        (reason: unknown) => explain(reason, flags.bootstrap),
      );
      outcomes.push(error === null ? { group: id } : { group: id, error });
      if (error === null && !isJson) await output.write(`Group "${id}" deleted.\n`);
    }
    if (isJson) await output.json(outcomes);
    const failed = outcomes.find(({ error }) => error !== undefined);
    if (failed !== undefined) throw new CommandError(`group "${failed.group}": ${failed.error}`);
  });
}
