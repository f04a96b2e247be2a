/** The groups that read a topic. */
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import type { TopicGroup } from "@runnel/contracts/topics.ts";
import type { Group } from "#coordinator/group/model.ts";
import { isOfFormerTopic } from "#coordinator/group/records.ts";
import { subscribedTopics } from "#coordinator/group/subscription.ts";
import type { TopicImage } from "#metadata/image.ts";
import { isAllowed } from "./caller.ts";
import { committedOf, findGroup, readersOf } from "./group-view.ts";
import { refuseUnlessNone } from "./kafka-problem.ts";
import { LagMeter, sumLags } from "./lag-meter.ts";
import { paginate } from "./paging.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { openPartition, topicFor } from "./topic-view.ts";

/** Members whose subscription is looked at, of groups that committed nothing. */
const MEMBERS_LOOKED_AT_MAX = 10_000;

interface Row {
  readonly groupId: string;
  readonly state: string;
  readonly lag: number;
}

export async function listTopicGroups(
  { params, query, caller }: Call<"listTopicGroups">,
  services: V1Services,
): Promise<AnswerOf<"listTopicGroups">> {
  const topic = topicFor(services, caller, "describe", params.topic);
  const rows: Row[] = [];
  let membersLeft = MEMBERS_LOOKED_AT_MAX;
  const errorCode = await services.groups.visit((group) => {
    const lag = lagIn(topic, group, services);
    if (lag === null) {
      membersLeft -= group.members.size;
      if (membersLeft < 0 || subscribedTopics(group)?.has(topic.name) !== true) return;
    }
    rows.push({ groupId: group.groupId, state: group.state, lag: lag ?? 0 });
  });
  refuseUnlessNone(errorCode, { subject: "groups" });
  const cut = paginate(
    {
      rows: rows.filter(({ groupId }) => isAllowed(services, caller, "describe", "group", groupId)),
      textOf: ({ groupId }) => groupId,
      keyOf: ({ groupId }) => groupId,
      sorts: { groupId: ({ groupId }) => groupId, lag: ({ lag }) => lag },
      sortDefault: "groupId",
    },
    query,
  );
  const meter = new LagMeter(services);
  const items = await Promise.all(cut.rows.map((row) => viewOf(row, topic, meter, services)));
  return { items, nextCursor: cut.nextCursor, total: cut.total };
}

/** Events that a group is behind in a topic; null where it committed nothing there. */
function lagIn(topic: TopicImage, group: Group, services: V1Services): number | null {
  let lag: number | null = null;
  for (const [index, value] of group.offsets.get(topic.name) ?? []) {
    if (isOfFormerTopic(value, topic.id)) continue;
    const end = openPartition(services, topic.id, index)?.highWatermark ?? value.offset;
    lag = (lag ?? 0) + Math.max(0, end - value.offset);
  }
  return lag;
}

async function viewOf(
  { groupId, state }: Row,
  topic: TopicImage,
  meter: LagMeter,
  services: V1Services,
): Promise<TopicGroup> {
  const group = await findGroup(services, groupId);
  const committed = await committedOf(services, groupId);
  const offsets = committed.find(({ topicId }) => topicId === topic.id)?.partitions ?? [];
  const lags = await Promise.all(
    offsets.map(({ partition, value }) => meter.measure(topic.id, partition, value.offset)),
  );
  const readers = new Set<string>();
  for (const reading of group === null ? [] : readersOf(group, services).values()) {
    if (reading.topic === topic.name) readers.add(reading.member.memberId);
  }
  return {
    groupId,
    state: group?.state ?? state,
    memberCount: readers.size,
    committedCount: offsets.length,
    lag: sumLags(lags),
  };
}
