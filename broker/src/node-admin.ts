/** What the admin port of a node works with, besides what the Kafka port does. */
import type { About, V1Services } from "#admin/v1/services.ts";
import type { Services } from "#api/handlers.ts";
import { adjustAuditTopic, newAuditTopic } from "#audit/audit-topic.ts";
import type { AuditTopic } from "#audit/reader.ts";
import { TransactionChanges } from "#audit/transaction-changes.ts";
import type { Browsing } from "#browse/browsing.ts";
import { createInternalTopic } from "#controller/internal-topics.ts";
import type { LagTable } from "#coordinator/lag-table.ts";
import type { World } from "#io/ports.ts";
import type { Compactor } from "#log/compaction/compactor.ts";
import { AUDIT_TOPIC } from "#metadata/image.ts";
import { TopicConfigs } from "#metadata/topic-configs.ts";
import type { MetricsHistory } from "#metrics/history/history.ts";
import type { KafkaListener } from "#net/listener.ts";
import { EventTimes } from "#replica/event-times.ts";
import { InternalTopic } from "#replica/internal-topic.ts";
import type { NodeConfig, Parts } from "./node-parts.ts";

/** What a node does not know of the process around it. */
export interface Around {
  readonly about: About;
  /** Null where none is kept. */
  readonly history: MetricsHistory | null;
}

/** The services of the node, for the routes of the admin port. */
export function v1Services(
  { loaded }: NodeConfig,
  { logger, random }: World,
  parts: Pick<Parts, "view" | "controller" | "audit"> & {
    readonly services: Services;
    readonly lags: LagTable;
    readonly listeners: readonly KafkaListener[];
    readonly auditTopic: AuditTopic;
    readonly browsing: Browsing;
    readonly compactor: Compactor;
  },
  { about, history }: Around,
): V1Services {
  const { view, controller, audit, services, lags } = parts;
  const { listeners, auditTopic, browsing, compactor } = parts;
  const { broker, fixed } = loaded;
  const bound = listeners.map(({ name, host, port }) => ({ name, host, port }));
  return {
    ...services,
    controller,
    transactionChanges: new TransactionChanges({ transactions: services.transactions, audit }),
    lags,
    eventTimes: new EventTimes(logger),
    logger,
    random,
    topicConfigs: new TopicConfigs(view, broker.nodeId, fixed),
    broker,
    listeners: broker.advertisedListeners ?? bound,
    browse: () => browsing.service(),
    compactionOf: ({ log, lastStableOffset: stableOffset }) =>
      compactor.viewOf({ log, stableOffset }),
    about,
    history,
    auditTopic,
  };
}

/** The topic of the audit log, which is made at the first change; its retention follows the setting. */
export async function openAuditTopic(
  { loaded }: NodeConfig,
  { logger }: World,
  { controller, replicas }: Pick<Parts, "controller" | "replicas">,
): Promise<InternalTopic> {
  const { runnelAuditRetentionMs, runnelAuditRetentionBytes } = loaded.broker;
  const retention = {
    retentionMs: runnelAuditRetentionMs,
    retentionBytes: runnelAuditRetentionBytes,
  };
  await adjustAuditTopic(controller, replicas.image, { ...retention, logger });
  return new InternalTopic({
    name: AUDIT_TOPIC,
    replicas,
    create: () => createInternalTopic(controller, newAuditTopic(retention)),
  });
}
