/** How the topic of the audit log is made, and how its retention follows the broker's setting. */
import type { Logger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ResourceType } from "#controller/change-configs.ts";
import type { Controller } from "#controller/controller.ts";
import type { NewTopic } from "#controller/create-topics.ts";
import { AUDIT_TOPIC, type MetadataImage } from "#metadata/image.ts";

/** How long entries are kept, and how much of them; −1 for no limit. */
export interface AuditRetention {
  readonly retentionMs: number;
  readonly retentionBytes: number;
}

/** As durable as can be, whatever the default of other topics is. */
const FIXED = [
  { name: "cleanup.policy", value: "delete" },
  { name: "flush.messages", value: "1" },
] as const;

const retentionConfigs = ({ retentionMs, retentionBytes }: AuditRetention) => [
  { name: "retention.ms", value: String(retentionMs) },
  { name: "retention.bytes", value: String(retentionBytes) },
];

/** One partition, so that all entries have one order. */
export function newAuditTopic(retention: AuditRetention): NewTopic {
  const configs = [...FIXED, ...retentionConfigs(retention)];
  const layout = { partitionCount: 1, replicationFactor: -1, assignments: [] };
  return { name: AUDIT_TOPIC, ...layout, configs };
}

/** Gives the topic, where it is there, the retention of now; a line in the log where it cannot be. */
export async function adjustAuditTopic(
  controller: Pick<Controller, "alterConfigs">,
  image: MetadataImage,
  { logger, ...retention }: AuditRetention & { readonly logger: Logger },
): Promise<void> {
  const topic = image.topicsByName.get(AUDIT_TOPIC);
  if (topic === undefined) return;
  const wanted = retentionConfigs(retention);
  const outdated = wanted.filter(({ name, value }) => topic.configs.get(name) !== value);
  if (outdated.length === 0) return;
  const changes = outdated.map((one) => ({ ...one, operation: "set" as const }));
  const request = { type: ResourceType.TOPIC, name: AUDIT_TOPIC, changes, isReplacing: false };
  const options = { isValidateOnly: false, isInternal: true };
  const [result] = await controller.alterConfigs([request], options);
  if (result?.errorCode === ErrorCode.NONE) return;
  logger.warn({ reason: result?.message }, "the retention of the audit log stays as it was");
}
