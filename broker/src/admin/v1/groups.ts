/** Consumer groups: the list, one of them, and what it committed. */
import type { Lag } from "@runnel/contracts/common.ts";
import type { GroupOffset, GroupRow } from "@runnel/contracts/groups.ts";
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import type { GroupDescription } from "#coordinator/group/events.ts";
import type { PendingOffset } from "#coordinator/group/pending-offsets.ts";
import type { CommittedOffset } from "#coordinator/group/records.ts";
import { OFFSETS_TOPIC } from "#coordinator/group-coordinator.ts";
import type { GroupLag } from "#coordinator/lag-table.ts";
import { isAllowed } from "./caller.ts";
import {
  type AssignedMember,
  type Committed,
  committedOf,
  groupFor,
  membersOf,
  offsetsOf,
  placeKey,
  type Reading,
  readersOf,
} from "./group-view.ts";
import { kafkaRefusal } from "./kafka-problem.ts";
import { LagMeter, sumLags } from "./lag-meter.ts";
import { ownersOf, visibleId } from "./open-transactions.ts";
import { paginate } from "./paging.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { openPartition } from "./topic-view.ts";

export async function listGroups(
  { query, caller }: Call<"listGroups">,
  services: V1Services,
): Promise<AnswerOf<"listGroups">> {
  const { errorCode, lags } = await services.lags.current();
  if (lags === null) throw kafkaRefusal(errorCode, { subject: "groups" });
  const rows = lags.groups.filter(
    ({ groupId, state }) =>
      (query.state === undefined || state === query.state) &&
      isAllowed(services, caller, "describe", "group", groupId),
  );
  const cut = paginate(
    {
      rows,
      textOf: ({ groupId }) => groupId,
      keyOf: ({ groupId }) => groupId,
      sorts: {
        groupId: ({ groupId }) => groupId,
        state: ({ state }) => state,
        lag: ({ lag }) => lag,
        memberCount: ({ memberCount }) => memberCount,
      },
      sortDefault: "groupId",
    },
    query,
  );
  const meter = new LagMeter(services);
  const items: GroupRow[] = [];
  // One after the other: a page may hold many groups of many partitions.
  for (const group of cut.rows) items.push(await rowOf(group, meter, services));
  return { items, nextCursor: cut.nextCursor, total: cut.total };
}

async function rowOf(
  { groupId, state, type, protocolType, memberCount, topicCount, lag }: GroupLag,
  meter: LagMeter,
  services: V1Services,
): Promise<GroupRow> {
  const measured = lag === 0 ? null : await lagOf(await committedOf(services, groupId), meter);
  return {
    groupId,
    state,
    type,
    protocolType,
    memberCount,
    topicCount,
    lag: measured ?? { events: 0, seconds: 0 },
  };
}

async function lagOf(committed: readonly Committed[], meter: LagMeter): Promise<Lag> {
  const lags = committed.flatMap(({ topicId, partitions }) =>
    partitions.map(({ partition, value }) => meter.measure(topicId, partition, value.offset)),
  );
  return sumLags(await Promise.all(lags));
}

export async function getGroup(
  { params, caller }: Call<"getGroup">,
  services: V1Services,
): Promise<AnswerOf<"getGroup">> {
  const group = await groupFor(services, caller, "describe", params.group);
  const { committed, version } = await offsetsOf(services, params.group);
  const partition = services.groups.findPartition(params.group) ?? 0;
  const { topicsByName } = services.view.image;
  const places = placesOf(committed, readersOf(group, services));
  const lags = lagsOfReaders(places, services);
  return {
    groupId: group.groupId,
    state: group.state,
    ...protocolOf(group),
    memberCount: group.members.length,
    topicCount: committed.length,
    lag: await lagOf(committed, new LagMeter(services)),
    etag: version,
    lastCommitAt: lastCommitOf(places),
    coordinator: {
      brokerId: topicsByName.get(OFFSETS_TOPIC)?.partitions[partition]?.leader ?? null,
      partition,
    },
    members: membersOf(group).map((member) => ({
      ...member,
      lagEvents: lagOfMember(member, lags),
    })),
  };
}

/** What both protocols call differently. */
function protocolOf(
  group: GroupDescription,
): Pick<
  AnswerOf<"getGroup">,
  "type" | "protocolType" | "assignor" | "generationId" | "assignmentEpoch"
> {
  if (group.type === "consumer") {
    const { type, assignor, groupEpoch: generationId, assignmentEpoch } = group;
    return { type, protocolType: "consumer", assignor, generationId, assignmentEpoch };
  }
  const { type, protocolType, protocolName, generationId } = group;
  const assignor = protocolName === "" ? null : protocolName;
  return { type, protocolType, assignor, generationId, assignmentEpoch: null };
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly value: CommittedOffset | null;
  readonly reader: AssignedMember | null;
  readonly pending: readonly PendingOffset[];
}

export async function listGroupOffsets(
  { params, query, caller }: Call<"listGroupOffsets">,
  services: V1Services,
): Promise<AnswerOf<"listGroupOffsets">> {
  const group = await groupFor(services, caller, "describe", params.group);
  const { committed, pending, version } = await offsetsOf(services, params.group);
  const places = placesOf(committed, readersOf(group, services), pending).filter(
    ({ topic }) =>
      (query.topic === undefined || query.topic === topic) &&
      isAllowed(services, caller, "describe", "topic", topic),
  );
  const cut = paginate(
    {
      rows: places,
      textOf: ({ topic }) => topic,
      keyOf: ({ topic, partition }) => placeKey(topic, partition),
      sorts: {
        topic: ({ topic, partition }) => placeKey(topic, partition),
        lag: (place) => lagEventsOf(place, services),
      },
      sortDefault: "topic",
    },
    query,
  );
  const owners = await ownersOf(
    new Set(cut.rows.flatMap((place) => place.pending.map(({ producerId }) => producerId))),
    services,
  );
  const pendingIn = (place: Place): GroupOffset["pending"] =>
    place.pending.map(({ producerId, value: { offset } }) => ({
      offset,
      producerId: String(producerId),
      transactionalId: visibleId(owners?.get(producerId), services, caller),
    }));
  const meter = new LagMeter(services);
  const items = await Promise.all(
    cut.rows.map(async (place) => ({
      ...(await offsetOf(place, meter, services)),
      pending: pendingIn(place),
    })),
  );
  return { etag: version, items, nextCursor: cut.nextCursor, total: cut.total };
}

/** What was committed or is about to be, and what members read without having committed yet. */
function placesOf(
  committed: readonly Committed[],
  readers: ReadonlyMap<string, Reading>,
  allPending: readonly PendingOffset[] = [],
): readonly Place[] {
  const places = new Map<string, Place>();
  const pendingAt = Map.groupBy(allPending, (one) => placeKey(one.topic, one.partition));
  for (const { topic, partition } of allPending) {
    const key = placeKey(topic, partition);
    const pending = pendingAt.get(key) ?? [];
    places.set(key, { topic, partition, value: null, reader: null, pending });
  }
  for (const [key, { topic, partition, member }] of readers) {
    const pending = pendingAt.get(key) ?? [];
    places.set(key, { topic, partition, value: null, reader: member, pending });
  }
  for (const { topic, partitions } of committed) {
    for (const { partition, value } of partitions) {
      const key = placeKey(topic, partition);
      const reader = readers.get(key)?.member ?? null;
      places.set(key, { topic, partition, value, reader, pending: pendingAt.get(key) ?? [] });
    }
  }
  return [...places.values()];
}

function lagEventsOf({ topic, partition, value }: Place, services: V1Services): number | null {
  const topicId = services.topics.byName(topic)?.topicId;
  if (value === null || topicId === undefined) return null;
  const open = openPartition(services, topicId, partition);
  return open === null ? null : Math.max(0, open.highWatermark - value.offset);
}

function lastCommitOf(places: readonly Place[]): number | null {
  return places.reduce<number | null>(
    (last, { value }) =>
      value === null ? last : Math.max(last ?? value.committedAt, value.committedAt),
    null,
  );
}

function lagOfMember(
  { memberId, assignments }: AssignedMember,
  lags: ReadonlyMap<string, number | null>,
): number | null {
  if (assignments === null) return null;
  const events = lags.get(memberId);
  // It was given nothing that is there.
  return events === undefined ? 0 : events;
}

/** Events that each member has still to read, by its id; null where one of its partitions cannot say. */
function lagsOfReaders(
  places: readonly Place[],
  services: V1Services,
): ReadonlyMap<string, number | null> {
  const lags = new Map<string, number | null>();
  for (const place of places) {
    if (place.reader === null) continue;
    const { memberId } = place.reader;
    const sum = lags.get(memberId) ?? (lags.has(memberId) ? null : 0);
    const events = lagEventsOf(place, services) ?? (isEmpty(place, services) ? 0 : null);
    lags.set(memberId, sum === null || events === null ? null : sum + events);
  }
  return lags;
}

/** Many clients commit nothing for a partition without events. */
function isEmpty({ topic, partition }: Place, services: V1Services): boolean {
  const topicId = services.topics.byName(topic)?.topicId ?? "";
  const open = openPartition(services, topicId, partition);
  return open !== null && open.log.logStartOffset >= open.highWatermark;
}

async function offsetOf(
  { topic, partition, value, reader }: Place,
  meter: LagMeter,
  services: V1Services,
): Promise<Omit<GroupOffset, "pending">> {
  const topicId = services.topics.byName(topic)?.topicId ?? "";
  const open = openPartition(services, topicId, partition);
  const logStart = open?.log.logStartOffset ?? null;
  const highWatermark = open?.highWatermark ?? null;
  const isLost =
    value !== null && open !== null && !isWithin(value.offset, logStart ?? 0, highWatermark ?? 0);
  return {
    topic,
    partition,
    committedOffset: value?.offset ?? null,
    committedAt: value?.committedAt ?? null,
    leaderEpoch: value === null || value.leaderEpoch < 0 ? null : value.leaderEpoch,
    metadata: value?.metadata ?? null,
    logStart,
    highWatermark,
    lag: value === null ? null : await meter.measure(topicId, partition, value.offset),
    isLost,
    memberId: reader?.memberId ?? null,
    clientId: reader?.clientId ?? null,
    clientHost: reader?.clientHost ?? null,
  };
}

const isWithin = (offset: number, start: number, end: number): boolean =>
  offset >= start && offset <= end;
