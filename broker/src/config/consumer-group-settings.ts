/** The settings of groups of the consumer protocol (KIP-848), for all groups of a broker. */
import { INT_MAX, int, list, word } from "./setting.ts";

export const CONSUMER_GROUP_SETTINGS = {
  groupConsumerAssignors: list({
    name: "group.consumer.assignors",
    default: "uniform,range",
    values: ["uniform", "range"],
    doc: "How the broker shares out partitions in groups of the consumer protocol (KIP-848), for members to choose from; the first counts where they do not.",
  }),
  groupConsumerHeartbeatIntervalMs: int({
    name: "group.consumer.heartbeat.interval.ms",
    default: 5_000,
    min: 1,
    unit: "ms",
    doc: "How often members of groups of the consumer protocol report.",
  }),
  groupConsumerMaxHeartbeatIntervalMs: int({
    name: "group.consumer.max.heartbeat.interval.ms",
    default: 15_000,
    min: 1,
    unit: "ms",
    doc: "The longest interval that a group may set.",
  }),
  groupConsumerMaxSessionTimeoutMs: int({
    name: "group.consumer.max.session.timeout.ms",
    default: 60_000,
    min: 1,
    unit: "ms",
    doc: "The longest session timeout that a group may set.",
  }),
  groupConsumerMaxSize: int({
    name: "group.consumer.max.size",
    default: INT_MAX,
    min: 1,
    doc: "Members that a group of the consumer protocol may have.",
  }),
  groupConsumerMigrationPolicy: word({
    name: "group.consumer.migration.policy",
    default: "bidirectional",
    values: ["disabled", "upgrade", "downgrade", "bidirectional"],
    doc: "Whether a group with members may move from the classic to the consumer protocol (`upgrade`), when a first member speaks it, and back (`downgrade`), when the last one has gone.",
  }),
  groupConsumerMinHeartbeatIntervalMs: int({
    name: "group.consumer.min.heartbeat.interval.ms",
    default: 5_000,
    min: 1,
    unit: "ms",
    doc: "The shortest interval that a group may set.",
  }),
  groupConsumerMinSessionTimeoutMs: int({
    name: "group.consumer.min.session.timeout.ms",
    default: 45_000,
    min: 1,
    unit: "ms",
    doc: "The shortest session timeout that a group may set.",
  }),
  groupConsumerSessionTimeoutMs: int({
    name: "group.consumer.session.timeout.ms",
    default: 45_000,
    min: 1,
    unit: "ms",
    doc: "A member of a group of the consumer protocol that is silent for this long is removed.",
  }),
};
