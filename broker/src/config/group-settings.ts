/** The settings of a consumer group (KIP-1082). They act on the new group protocol only. */
import { int, type Setting } from "./setting.ts";

const because = "the new consumer group protocol (KIP-848) is not built yet";

export const GROUP_SETTINGS_BY_NAME: ReadonlyMap<string, Setting> = new Map(
  [
    int({
      name: "consumer.heartbeat.interval.ms",
      default: 5_000,
      min: 1,
      unit: "ms",
      served: { values: ["5000"], because },
      doc: "How often members of the group report.",
    }),
    int({
      name: "consumer.session.timeout.ms",
      default: 45_000,
      min: 1,
      unit: "ms",
      served: { values: ["45000"], because },
      doc: "A member of the group that is silent for this long is removed.",
    }),
  ].map((setting) => [setting.name, setting]),
);
