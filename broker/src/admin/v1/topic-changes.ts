/** Creating, growing and deleting topics. */
import type { FieldError } from "@runnel/contracts/problem.ts";
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ConfigSource } from "#config/effective.ts";
import { Refusal } from "../problem.ts";
import { authorize, isAllowed } from "./caller.ts";
import { configsOf, fieldErrors } from "./configs.ts";
import { kafkaRefusal, refuseUnlessNone } from "./kafka-problem.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { contentOf, topicFor } from "./topic-view.ts";

/** Groups that are named of those that lose offsets. */
const GROUPS_NAMED_MAX = 1_000;

export async function createTopic(
  { body, query, caller }: Call<"createTopic">,
  services: V1Services,
): Promise<AnswerOf<"createTopic">> {
  const { name, partitionCount = -1, replicationFactor = -1, configs = {} } = body;
  if (!isAllowed(services, caller, "create", "cluster")) {
    authorize(services, caller, "create", "topic", name);
  }
  const isDryRun = query.dryRun === true;
  const wanted = {
    name,
    partitionCount,
    replicationFactor,
    assignments: [],
    configs: Object.entries(configs).map(([setting, value]) => ({ name: setting, value })),
  };
  const [created] = await services.changes.createTopics(caller.actor, [wanted], {
    isValidateOnly: isDryRun,
  });
  const errorCode = created?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  if (created === undefined || errorCode !== ErrorCode.NONE) {
    const message = created?.message ?? null;
    const errors = errorsOf(errorCode, message, configs);
    throw kafkaRefusal(errorCode, { subject: name, message, errors });
  }
  return {
    isDryRun,
    topic: {
      name,
      id: isDryRun ? null : created.topicId,
      partitionCount: created.partitionCount,
      replicationFactor: created.replicationFactor,
      configs: configsOf(created.configs, ConfigSource.TOPIC),
    },
  };
}

const FIELDS: ReadonlyMap<number, string> = new Map<number, string>([
  [ErrorCode.TOPIC_ALREADY_EXISTS, "name"],
  [ErrorCode.INVALID_TOPIC_EXCEPTION, "name"],
  [ErrorCode.INVALID_PARTITIONS, "partitionCount"],
  [ErrorCode.INVALID_REPLICATION_FACTOR, "replicationFactor"],
]);

function errorsOf(
  errorCode: number,
  message: string | null,
  configs: Readonly<Record<string, string>>,
): readonly FieldError[] {
  const field = FIELDS.get(errorCode);
  if (field !== undefined) return [{ in: "body", field, message: message ?? "is not allowed" }];
  return errorCode === ErrorCode.INVALID_CONFIG ? fieldErrors("topic", configs) : [];
}

export async function growTopic(
  { params, body, query, expectedVersion, caller }: Call<"growTopic">,
  services: V1Services,
): Promise<AnswerOf<"growTopic">> {
  const topic = topicFor(services, caller, "alter", params.topic);
  const { name, partitions } = topic;
  const isDryRun = query.dryRun === true;
  const { partitionCount } = body;
  const [grown] = await services.changes.createPartitions(
    caller.actor,
    [{ name, count: partitionCount, assignments: null, expectedVersion }],
    { isValidateOnly: isDryRun },
  );
  const errorCode = grown?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  const message = grown?.message ?? null;
  refuseUnlessNone(errorCode, {
    subject: name,
    message,
    errors:
      errorCode === ErrorCode.INVALID_PARTITIONS
        ? [{ in: "body", field: "partitionCount", message: message ?? "is not allowed" }]
        : [],
  });
  return {
    isDryRun,
    topic: name,
    before: { partitionCount: partitions.length },
    after: { partitionCount },
    warning:
      "events with a key go to another partition from now on than those before: readers that rely on their order must have read the old ones first",
  };
}

export async function deleteTopic(
  { params, query, expectedVersion, caller }: Call<"deleteTopic">,
  services: V1Services,
): Promise<AnswerOf<"deleteTopic">> {
  const topic = topicFor(services, caller, "delete", params.topic);
  const { name, id, partitions } = topic;
  if (!services.isTopicDeletionEnabled) {
    throw new Refusal("forbidden", {
      detail: "delete.topic.enable is false on this broker",
      remedy: "Set `delete.topic.enable` to true in the configuration, and restart the broker.",
      kafkaError: "TOPIC_DELETION_DISABLED",
    });
  }
  const isDryRun = query.dryRun === true;
  const { eventCount, sizeBytes } = contentOf(services, topic);
  const groups = await groupsOf(name, services);
  const [deleted] = await services.changes.deleteTopics(
    caller.actor,
    [{ name, topicId: ZERO_UUID, expectedVersion }],
    { isValidateOnly: isDryRun },
  );
  const errorCode = deleted?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  refuseUnlessNone(errorCode, { subject: `topic ${name}`, message: deleted?.message ?? null });
  const partitionCount = partitions.length;
  return {
    isDryRun,
    before: { name, id, partitionCount, eventCount, sizeBytes, groups },
    after: null,
  };
}

/** Groups with committed offsets in a topic; none where groups cannot be looked at now. */
async function groupsOf(topic: string, { groups }: V1Services): Promise<string[]> {
  const ids: string[] = [];
  await groups.visit((group) => {
    if (group.offsets.has(topic) && ids.length < GROUPS_NAMED_MAX) ids.push(group.groupId);
  });
  return ids.sort();
}
