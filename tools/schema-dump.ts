/**
 * Prints the schemas as neutral JSON, to be compared with Kafka's own message definitions.
 *
 *   node tools/schema-dump.ts [FILE]     writes to FILE, or to stdout
 *
 * One entry per message: `{ apiKey, name, kind, validVersions, flexibleVersions, fields }`. A field has
 * `name`, `type` ("int32", "[]string", "struct"), `versions`, and where they apply `nullableVersions`,
 * `tag`, `taggedVersions`, `flexibleVersions`, `fields`; `default` is always given, "" for the zero of
 * strings, bytes, uuids, arrays and structs.
 */
import { writeFileSync } from "node:fs";
import { Message } from "@runnel/protocol/api.ts";
import { APIS } from "@runnel/protocol/apis.ts";
import { defaultOf } from "@runnel/protocol/codec.ts";
import { CONSUMER_GROUP_RECORDS } from "@runnel/protocol/coordinator-records/consumer-group-records.ts";
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import {
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from "@runnel/protocol/coordinator-records/offsets-records.ts";
import {
  TransactionLogKey,
  TransactionLogValue,
} from "@runnel/protocol/coordinator-records/transaction-records.ts";
import { RequestHeader, ResponseHeader } from "@runnel/protocol/headers.ts";
import type { Field, Schema } from "@runnel/protocol/schema.ts";

interface DumpedField {
  name: string;
  type: string;
  versions?: string;
  nullableVersions?: string;
  tag?: number;
  taggedVersions?: string;
  flexibleVersions?: string;
  default: string | number | boolean | null;
  fields?: DumpedField[];
}

interface DumpedMessage {
  apiKey?: number;
  name: string;
  kind: string;
  validVersions: string;
  flexibleVersions: string;
  fields: DumpedField[];
}

function dumpMessage(message: Message, kind: string, apiKey?: number): DumpedMessage {
  const [min, max] = message.versions;
  return {
    ...(apiKey === undefined ? {} : { apiKey }),
    name: message.name,
    kind,
    validVersions: `${min}-${max}`,
    flexibleVersions: message.flexible === null ? "none" : `${message.flexible}+`,
    fields: dumpFields(message.schema),
  };
}

function dumpFields(schema: Schema): DumpedField[] {
  return Object.entries(schema).map(([name, field]) => {
    const { versions, nullable, tag, tagged, flexible, kafkaName } = field.options;
    const fields = field.kind === "array" ? field.element?.fields : field.fields;
    return {
      name: kafkaName ?? name,
      type: typeOf(field),
      ...(versions === undefined ? {} : { versions }),
      ...(nullable === undefined ? {} : { nullableVersions: nullable }),
      ...(tag === undefined ? {} : { tag }),
      ...(tagged === undefined ? {} : { taggedVersions: tagged }),
      ...(flexible === undefined ? {} : { flexibleVersions: flexible }),
      default: dumpDefault(field),
      ...(fields === undefined ? {} : { fields: dumpFields(fields) }),
    };
  });
}

function typeOf(field: Field): string {
  if (field.kind === "array") return `[]${typeOf(field.element as Field)}`;
  return field.kind === "bigint64" ? "int64" : field.kind;
}

/** What the codec puts in for the field when nothing is given. */
function dumpDefault(field: Field): string | number | boolean | null {
  const { default: given } = field.options;
  if (field.kind === "int64" && typeof given === "string") return given;
  const value = defaultOf(field);
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return String(value);
  return typeof value === "string" && field.kind === "string" ? value : "";
}

/** Kafka has names of its own for what it wrote before 0.9; the layout is that of the first version. */
const legacyKey = new Message("LegacyOffsetCommitKey", OffsetCommitKey.schema, [0, 0], null);
const legacyValue = new Message("LegacyOffsetCommitValue", OffsetCommitValue.schema, [0, 0], null);

/** Every message of every API, the headers, and the records of the coordinator. */
function dumpSchemas(): DumpedMessage[] {
  return [
    ...APIS.flatMap((api) => [
      dumpMessage(api.request, "request", api.key),
      dumpMessage(api.response, "response", api.key),
    ]),
    ...[RequestHeader, ResponseHeader].map((message) => dumpMessage(message, "header")),
    ...[OffsetCommitKey, GroupMetadataKey, TransactionLogKey, legacyKey].map((message) =>
      dumpMessage(message, "coordinator-key"),
    ),
    ...[OffsetCommitValue, GroupMetadataValue, TransactionLogValue, legacyValue].map((message) =>
      dumpMessage(message, "coordinator-value"),
    ),
    ...Object.values(CONSUMER_GROUP_RECORDS).flatMap(({ type, key, value }) => [
      dumpMessage(key as Message, "coordinator-key", type),
      dumpMessage(value as Message, "coordinator-value", type),
    ]),
    ...[ConsumerProtocolSubscription, ConsumerProtocolAssignment].map((message) =>
      dumpMessage(message, "data"),
    ),
  ];
}

if (import.meta.main) {
  const text = `${JSON.stringify(dumpSchemas(), null, 1)}\n`;
  const file = process.argv[2];
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
}
