/** `runnel group list` and `describe`. */
import { formatCount } from "../cli/format.ts";
import { renderFields, renderTable } from "../cli/table.ts";
import { parseChoice } from "../cli/values.ts";
import type { Cluster, ClusterView } from "../kafka/cluster.ts";
import {
  type Coordinator,
  committedOffsets,
  coordinatorOf,
  describeGroup,
  type Group,
  type Member,
} from "../kafka/groups.ts";
import { endsOf } from "../kafka/offsets.ts";
import { type ClientFlags, withCluster } from "./client.ts";
import { GROUP_STATES } from "./state-choices.ts";

export interface ListFlags extends ClientFlags {
  readonly state?: readonly string[];
}

export async function listGroups(flags: ListFlags): Promise<void> {
  const states = new Set<string>(
    flags.state?.map((state) => parseChoice(state, "--state", GROUP_STATES)),
  );
  await withCluster(flags, async ({ cluster, output, isJson }) => {
    const found = [...(await cluster.admin.listGroups({ types: [] })).values()];
    const groups = found
      .filter(({ state }) => states.size === 0 || states.has(state))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    if (isJson) {
      await output.json(
        groups.map(({ id, state, groupType, protocolType }) => {
          return { group: id, state, type: groupType?.toLowerCase() ?? "classic", protocolType };
        }),
      );
      return;
    }
    if (groups.length === 0) {
      output.remark("There are no such groups; one begins when a consumer joins it.");
      return;
    }
    await output.write(
      renderTable(
        [{ title: "GROUP" }, { title: "STATE" }, { title: "TYPE" }, { title: "PROTOCOL" }],
        groups.map(({ id, state, groupType, protocolType }) => {
          return [id, state, groupType?.toLowerCase() ?? "classic", protocolType || "-"];
        }),
      ),
    );
  });
}

export async function describeGroups(ids: readonly string[], flags: ClientFlags): Promise<void> {
  await withCluster(flags, async ({ cluster, output, isJson }) => {
    const described: Description[] = [];
    for (const id of new Set(ids)) described.push(await describe(cluster, id));
    if (isJson) {
      await output.json(described.map(toJson));
      return;
    }
    for (const [index, each] of described.entries()) {
      if (index > 0) await output.write("\n");
      await output.write(toText(each));
    }
  });
}

/** A partition that a group reads: it has committed there, or a member owns it. */
export interface GroupPartition {
  readonly topic: string;
  readonly partition: number;
  readonly committed: bigint | null;
  /** Null where the topic is gone or the partition has no leader. */
  readonly end: bigint | null;
  readonly lag: bigint | null;
  readonly member: Member | null;
}

interface Description {
  readonly group: Group;
  readonly coordinator: Coordinator;
  readonly partitions: readonly GroupPartition[];
}

async function describe(cluster: Cluster, id: string): Promise<Description> {
  const group = await describeGroup(cluster, id);
  const [coordinator, committed] = await Promise.all([
    coordinatorOf(cluster, id),
    committedOffsets(cluster, id),
  ]);
  const topics = new Set([
    ...committed.keys(),
    ...group.members.flatMap(({ assignments }) => assignments.map(({ topic }) => topic)),
  ]);
  const view = topics.size === 0 ? null : await cluster.describe([...topics]);
  const ends = view === null ? new Map() : await endsOfAll(cluster, view);
  return { group, coordinator, partitions: partitionsOfGroup(group, committed, ends) };
}

type Offsets = ReadonlyMap<string, ReadonlyMap<number, bigint>>;

async function endsOfAll(cluster: Cluster, view: ClusterView): Promise<Offsets> {
  const ends = await Promise.all(
    view.topics.map(async (topic) => {
      const led = topic.partitions.filter(({ leader }) => leader >= 0);
      const partitions = led.map(({ partition }) => partition);
      return [topic.name, await endsOf(cluster, view, topic, partitions)] as const;
    }),
  );
  return new Map(ends);
}

/** What the group reads, by topic and partition. */
export function partitionsOfGroup(
  group: Pick<Group, "members">,
  committed: Offsets,
  ends: Offsets,
): readonly GroupPartition[] {
  const owners = new Map<string, Map<number, Member>>();
  for (const member of group.members) {
    for (const { topic, partitions } of member.assignments) {
      const owned = owners.get(topic) ?? new Map<number, Member>();
      for (const partition of partitions) owned.set(partition, member);
      owners.set(topic, owned);
    }
  }
  const topics = [...new Set([...committed.keys(), ...owners.keys()])].sort();
  return topics.flatMap((topic) => {
    const offsets = committed.get(topic);
    const owned = owners.get(topic);
    const partitions = new Set([...(offsets?.keys() ?? []), ...(owned?.keys() ?? [])]);
    return [...partitions]
      .sort((a, b) => a - b)
      .map((partition) => {
        const at = offsets?.get(partition) ?? null;
        const end = ends.get(topic)?.get(partition) ?? null;
        const lag = at === null || end === null ? null : end > at ? end - at : 0n;
        return { topic, partition, committed: at, end, lag, member: owned?.get(partition) ?? null };
      });
  });
}

function totalLag(partitions: readonly GroupPartition[]): bigint {
  return partitions.reduce((sum, { lag }) => sum + (lag ?? 0n), 0n);
}

function toJson({ group, coordinator, partitions }: Description): unknown {
  return {
    group: group.id,
    state: group.state,
    type: group.type,
    protocolType: group.protocolType,
    assignor: group.assignor,
    groupEpoch: group.epochs?.group ?? null,
    assignmentEpoch: group.epochs?.assignment ?? null,
    coordinator: coordinator.nodeId,
    lag: Number(totalLag(partitions)),
    members: group.members,
    partitions: partitions.map(({ topic, partition, committed, end, lag, member }) => ({
      topic,
      partition,
      committedOffset: toNumber(committed),
      endOffset: toNumber(end),
      lag: toNumber(lag),
      memberId: member?.id ?? null,
    })),
  };
}

function toNumber(value: bigint | null): number | null {
  return value === null ? null : Number(value);
}

function toText({ group, coordinator, partitions }: Description): string {
  const fields = renderFields([
    ["Group", group.id],
    ["State", group.state],
    ["Protocol", `${group.type}${group.assignor === "" ? "" : `, ${group.assignor}`}`],
    ...epochFields(group),
    ["Coordinator", `${coordinator.nodeId} (${coordinator.host}:${coordinator.port})`],
    ["Members", formatCount(group.members.length)],
    ["Lag", formatCount(totalLag(partitions))],
  ]);
  const show = (value: bigint | null): string => (value === null ? "-" : formatCount(value));
  const rows = partitions.map(({ topic, partition, committed, end, lag, member }) => [
    topic,
    partition,
    show(committed),
    show(end),
    show(lag),
    member?.instanceId ?? member?.id ?? "-",
    member?.host.replace(/^\//, "") ?? "-",
  ]);
  const idle = group.members.filter(({ assignments }) => assignments.length === 0);
  const idleRows = idle.map(({ id, instanceId, host }) => {
    return ["-", "-", "-", "-", "-", instanceId ?? id, host.replace(/^\//, "")];
  });
  const all = [...rows, ...idleRows];
  const places = all.length === 0 ? "" : `\n${renderTable(COLUMNS, all)}`;
  return `${fields}${places}${memberTable(group)}`;
}

/** Epochs are of the consumer protocol (KIP-848). */
function epochFields({ epochs }: Group): (readonly [string, string])[] {
  if (epochs === null) return [];
  const { group, assignment } = epochs;
  const isBehind = group > assignment;
  return [["Epoch", isBehind ? `${group}, target of ${assignment}` : String(group)]];
}

/** Where each member of the consumer protocol is on its way to what it is to have. */
function memberTable({ type, members }: Group): string {
  if (type !== "consumer" || members.length === 0) return "";
  const rows = members.map(({ id, instanceId, epoch, assignments, targets, subscription }) => {
    const [has, target] = [placesText(assignments), placesText(targets ?? [])];
    const asks = [
      ...(subscription?.topics ?? []),
      ...(subscription?.regex ? [`/${subscription.regex}/`] : []),
    ];
    return [
      instanceId ?? id,
      epoch ?? "-",
      asks.join(", ") || "-",
      has,
      has === target ? "the same" : target,
    ];
  });
  return `\n${renderTable(MEMBER_COLUMNS, rows)}`;
}

function placesText(places: Member["assignments"]): string {
  return (
    places.map(({ topic, partitions }) => `${topic} ${toRanges(partitions)}`).join("; ") || "-"
  );
}

/** `0-3,7` for 0, 1, 2, 3 and 7. */
function toRanges(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

const MEMBER_COLUMNS = [
  { title: "MEMBER" },
  { title: "EPOCH", align: "right" },
  { title: "SUBSCRIBES TO" },
  { title: "HAS" },
  { title: "TARGET" },
] as const;

const COLUMNS = [
  { title: "TOPIC" },
  { title: "PARTITION", align: "right" },
  { title: "COMMITTED", align: "right" },
  { title: "END", align: "right" },
  { title: "LAG", align: "right" },
  { title: "MEMBER" },
  { title: "HOST" },
] as const;
