/** How the topic of the audit log is made, and how its retention follows the broker's setting. */
import type { Logger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ResourceType } from "#controller/change-configs.ts";
import type { Controller } from "#controller/controller.ts";
import type { NewTopic } from "#controller/create-topics.ts";
import { AUDIT_TOPIC, type MetadataImage } from "#metadata/image.ts";

/** As durable as can be, whatever the default of other topics is; dropped by age alone. */
const FIXED = [
  { name: "cleanup.policy", value: "delete" },
  { name: "flush.messages", value: "1" },
  { name: "retention.bytes", value: "-1" },
] as const;

/** One partition, so that all entries have one order. */
export function newAuditTopic(retentionMs: number): NewTopic {
  const configs = [...FIXED, { name: "retention.ms", value: String(retentionMs) }];
  const layout = { partitionCount: 1, replicationFactor: -1, assignments: [] };
  return { name: AUDIT_TOPIC, ...layout, configs };
}

/** Gives the topic, where it is there, the retention of now; a line in the log where it cannot be. */
export async function adjustAuditTopic(
  controller: Pick<Controller, "alterConfigs">,
  image: MetadataImage,
  { retentionMs, logger }: { readonly retentionMs: number; readonly logger: Logger },
): Promise<void> {
  const topic = image.topicsByName.get(AUDIT_TOPIC);
  const value = String(retentionMs);
  if (topic === undefined || topic.configs.get("retention.ms") === value) return;
  const changes = [{ name: "retention.ms", operation: "set", value }] as const;
  const request = { type: ResourceType.TOPIC, name: AUDIT_TOPIC, changes, isReplacing: false };
  const options = { isValidateOnly: false, isInternal: true };
  const [result] = await controller.alterConfigs([request], options);
  if (result?.errorCode === ErrorCode.NONE) return;
  logger.warn({ reason: result?.message }, "the retention of the audit log stays as it was");
}
