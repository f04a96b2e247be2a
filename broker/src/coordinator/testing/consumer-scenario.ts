/**
 * Members of the consumer protocol in scenarios: `beat id=a epoch=0 topics=t,u has=t:0+1 …`.
 *
 * A member that joins (epoch 0) says all that it has to; else what is not given is "unchanged".
 */
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import type {
  ConsumerGroupDescription,
  ConsumerHeartbeatEvent,
  ConsumerHeartbeatResult,
  TopicAssignment,
} from "../consumer-group/events.ts";
import {
  type ConsumerGroup,
  consumerGroupState,
  type MemberProgress,
  MemberState,
} from "../consumer-group/model.ts";
import { type Partitions, partitionsOf, withoutEpochs } from "../consumer-group/partitions.ts";
import type { ConsumerGroupRecord } from "../consumer-group/records.ts";
import type { Group } from "../group/model.ts";
import { topicIdOf } from "./fake-topics.ts";

export function consumerHeartbeatOf(
  request: { readonly ticket: number; readonly groupId: string },
  args: ReadonlyMap<string, string>,
): ConsumerHeartbeatEvent {
  const memberEpoch = Number(args.get("epoch") ?? 0);
  const isJoin = memberEpoch === 0;
  const topics = args.get("topics");
  const has = args.get("has");
  const hidden = args.get("hidden");
  return {
    ...request,
    kind: "consumer-heartbeat",
    memberId: args.get("id") ?? "",
    memberEpoch,
    groupInstanceId: args.get("instance") ?? null,
    rackId: args.get("rack") ?? null,
    rebalanceTimeoutMs: Number(args.get("rebalance") ?? (isJoin ? 60_000 : -1)),
    topicNames: topics === undefined ? (isJoin ? [] : null) : topics.split(",").sort(),
    topicRegex: args.get("regex") ?? null,
    serverAssignor: args.get("assignor") ?? null,
    reported: has === undefined ? (isJoin ? new Map() : null) : parsePlaces(has),
    clientId: "c",
    clientHost: "/127.0.0.1",
    mayDescribe: (topic) => topic !== hidden,
  };
}

export function consumerRecordText(record: ConsumerGroupRecord): string {
  const what = record.kind.slice("consumer-".length);
  const whose = "memberId" in record ? ` ${record.memberId}` : "";
  if (record.value === null) {
    return `${what}${record.kind === "consumer-pattern" ? ` ${record.pattern}` : whose} removed`;
  }
  switch (record.kind) {
    case "consumer-group":
    case "consumer-target-epoch":
      return `${what} epoch=${record.value.epoch}`;
    case "consumer-member": {
      const { topicNames, topicRegex, groupInstanceId } = record.value;
      const instance = groupInstanceId === null ? "" : ` instance=${groupInstanceId}`;
      const regex = topicRegex === null ? "" : ` regex=${topicRegex}`;
      return `member${whose} topics=${topicNames.join() || "-"}${regex}${instance}`;
    }
    case "consumer-target":
      return `target${whose} ${placesText(record.value)}`;
    case "consumer-progress":
      return `progress${whose} ${progressText(record.value)}`;
    default:
      return `pattern ${record.pattern} ${record.value.topics.join() || "-"}`;
  }
}

export function consumerResultText(result: ConsumerHeartbeatResult): string {
  const { errorCode, memberEpoch, assignment } = result;
  if (errorCode !== ErrorCode.NONE) return errorName(errorCode);
  return `epoch=${memberEpoch}${assignment === null ? "" : ` ${placesText(assignment)}`}`;
}

export function consumerGroupText(group: ConsumerGroupDescription): string {
  const members = group.members.map(
    ({ memberId, assignment, target }) =>
      `${memberId}:${assignedText(assignment)}:${assignedText(target)}`,
  );
  const { state, groupEpoch, assignmentEpoch, assignor } = group;
  return `${state} epoch=${groupEpoch}/${assignmentEpoch} ${assignor} [${members.join(" ")}]`;
}

export function consumerStateLine(group: Group, consumer: ConsumerGroup): string {
  const members = Array.from(
    consumer.members.values(),
    ({ memberId, progress }) => `${memberId}(${progressText(progress)})`,
  );
  return [
    `= ${consumerGroupState(consumer)} epoch=${consumer.groupEpoch}/${consumer.assignmentEpoch}`,
    members.length > 0 ? ` ${members.join(" ")}` : "",
    group.offsetCount > 0 ? ` offsets=${group.offsetCount}` : "",
  ].join("");
}

const STATE_NAMES = new Map(
  Object.entries(MemberState).map(([name, code]) => [code, name.toLowerCase()]),
);

function progressText({ memberEpoch, state, assigned, pendingRevocation }: MemberProgress): string {
  const pending =
    pendingRevocation.size === 0 ? "" : ` -${placesText(withoutEpochs(pendingRevocation))}`;
  return `${memberEpoch} ${STATE_NAMES.get(state)} ${placesText(withoutEpochs(assigned))}${pending}`;
}

/** `t:0+1,u:2`, with names for ids that follow from them. */
function placesText(partitions: Partitions): string {
  const parts = Array.from(partitions, ([id, list]) => `${nameOf(id)}:${list.join("+")}`);
  return parts.sort().join() || "-";
}

function assignedText(assigned: readonly TopicAssignment[]): string {
  return assigned.map(({ topic, partitions }) => `${topic}:${partitions.join("+")}`).join() || "-";
}

function parsePlaces(text: string): Partitions {
  if (text === "-") return new Map();
  return partitionsOf(
    text.split(",").map((part) => {
      const [topic = "", list = ""] = part.split(":");
      return [topicIdOf(topic), list.split("+").map(Number)] as const;
    }),
  );
}

/** The inverse of `topicIdOf` for short names. */
function nameOf(topicId: string): string {
  const hex = topicId.slice(-12).replace(/^(00)+/, "");
  return hex.replaceAll(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
}
