/** Settings of topics and brokers: value, where it comes from, what it is. */
import { z } from "zod";
import { Etag, IsDryRun } from "./common.ts";

/** Where a value comes from, strongest first. */
export const ConfigOrigin = z
  .enum(["topic", "dynamicBroker", "dynamicDefault", "static", "default"])
  .meta({
    id: "ConfigOrigin",
    description:
      "topic: set for the topic. dynamicBroker, dynamicDefault: set at run time for one broker, for all. static: file, environment or flag. default: built in.",
  });
export type ConfigOrigin = z.infer<typeof ConfigOrigin>;

export const ConfigType = z.enum(["boolean", "string", "int", "short", "long", "double", "list"]);

/** One place that has a value; the first in `layers` counts. */
export const ConfigLayer = z
  .object({
    origin: ConfigOrigin,
    name: z.string().meta({ description: "There the setting may be called otherwise." }),
    value: z.string(),
  })
  .meta({ id: "ConfigLayer" });

/** One setting; values are text, as 64-bit numbers do not fit into JSON's. */
export const Config = z
  .object({
    name: z.string(),
    value: z.string().nullable(),
    origin: ConfigOrigin,
    inherited: z.string().nullable().meta({
      description: "The value where this topic or broker sets none of its own.",
    }),
    default: z.string().nullable().meta({ description: "The value that is built in." }),
    type: ConfigType,
    unit: z.enum(["ms", "minutes", "hours", "bytes"]).nullable(),
    allowed: z.string().meta({ description: "What a value may be; follows “must be”." }),
    doc: z.string(),
    isReadOnly: z.boolean().meta({ description: "No request can change it." }),
    isSensitive: z.boolean().meta({ description: "Its value is never shown." }),
    notServed: z.string().nullable().meta({
      description: "Why no other value is taken yet; null where every allowed one is.",
    }),
    layers: z.array(ConfigLayer),
  })
  .meta({ id: "Config" });
export type Config = z.infer<typeof Config>;

export const ConfigList = z.object({ etag: Etag, items: z.array(Config) }).meta({
  id: "ConfigList",
});
export type ConfigList = z.infer<typeof ConfigList>;

const CONFIGS_MAX = 200;
const ConfigName = z.string().min(1).max(128);
const ConfigValue = z.string().max(1_000);

/** Settings by name; null takes a setting back to what is inherited. */
export const ConfigPatch = z
  .strictObject({ configs: z.record(ConfigName, ConfigValue.nullable()) })
  .refine(({ configs }) => Object.keys(configs).length <= CONFIGS_MAX, {
    message: `at most ${CONFIGS_MAX} settings in one request`,
    path: ["configs"],
  })
  .meta({ id: "ConfigPatch" });
export type ConfigPatch = z.infer<typeof ConfigPatch>;

/** Settings of something new, by name. */
export const NewConfigs = z
  .record(ConfigName, ConfigValue)
  .refine((configs) => Object.keys(configs).length <= CONFIGS_MAX, {
    message: `at most ${CONFIGS_MAX} settings in one request`,
  });

const ConfigState = z.object({ value: z.string().nullable(), origin: ConfigOrigin });

/** Before → after, for every setting that the request named. */
export const ConfigChanges = z
  .object({
    isDryRun: IsDryRun,
    etag: Etag,
    changes: z.array(z.object({ name: z.string(), before: ConfigState, after: ConfigState })),
  })
  .meta({ id: "ConfigChanges" });
export type ConfigChanges = z.infer<typeof ConfigChanges>;
