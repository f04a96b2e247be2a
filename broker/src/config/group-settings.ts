/** The settings of a group (KIP-848, KIP-1082). They act on groups of the consumer protocol. */
import type { BrokerConfig } from "./broker-settings.ts";
import { int, type Setting } from "./setting.ts";

export const GROUP_SETTINGS_BY_NAME: ReadonlyMap<string, Setting> = new Map(
  [
    int({
      name: "consumer.heartbeat.interval.ms",
      default: 5_000,
      min: 1,
      unit: "ms",
      synonyms: [["group.consumer.heartbeat.interval.ms", 1]],
      doc: "How often members of the group report; within the broker's `group.consumer.min.heartbeat.interval.ms` and `…max…`.",
    }),
    int({
      name: "consumer.session.timeout.ms",
      default: 45_000,
      min: 1,
      unit: "ms",
      synonyms: [["group.consumer.session.timeout.ms", 1]],
      doc: "A member of the group that is silent for this long is removed; within the broker's `group.consumer.min.session.timeout.ms` and `…max…`.",
    }),
  ].map((setting) => [setting.name, setting]),
);

/** What a group sets, or the broker for all groups. */
export interface GroupTimings {
  readonly heartbeatIntervalMs: number;
  readonly sessionTimeoutMs: number;
}

type Bounds = Pick<
  BrokerConfig,
  | "groupConsumerMinHeartbeatIntervalMs"
  | "groupConsumerMaxHeartbeatIntervalMs"
  | "groupConsumerMinSessionTimeoutMs"
  | "groupConsumerMaxSessionTimeoutMs"
>;

/** Why the timings do not go together, or not with the broker's bounds; null where they do. */
export function timingsProblem(timings: GroupTimings, bounds: Bounds): string | null {
  const { heartbeatIntervalMs, sessionTimeoutMs } = timings;
  const intervalMin = bounds.groupConsumerMinHeartbeatIntervalMs;
  const intervalMax = bounds.groupConsumerMaxHeartbeatIntervalMs;
  if (heartbeatIntervalMs < intervalMin || heartbeatIntervalMs > intervalMax) {
    return `a heartbeat interval of ${heartbeatIntervalMs} ms is outside ${intervalMin} to ${intervalMax} ms, as group.consumer.min.heartbeat.interval.ms and …max… have it`;
  }
  const sessionMin = bounds.groupConsumerMinSessionTimeoutMs;
  const sessionMax = bounds.groupConsumerMaxSessionTimeoutMs;
  if (sessionTimeoutMs < sessionMin || sessionTimeoutMs > sessionMax) {
    return `a session timeout of ${sessionTimeoutMs} ms is outside ${sessionMin} to ${sessionMax} ms, as group.consumer.min.session.timeout.ms and …max… have it`;
  }
  if (heartbeatIntervalMs < sessionTimeoutMs) return null;
  return `a heartbeat interval of ${heartbeatIntervalMs} ms is not below the session timeout of ${sessionTimeoutMs} ms`;
}
