/**
 * Pins what goes over the wire in every version of every message, so that a change of a schema, or of a
 * constant that several share, shows up as a line of `testdata/layouts.txt` in review. The file as it
 * stands agrees with Kafka's definitions; `UPDATE_GOLDEN=1` rewrites it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Message } from "./api.ts";
import { APIS } from "./apis.ts";
import { defaultOf } from "./codec.ts";
import { CONSUMER_GROUP_RECORDS } from "./coordinator-records/consumer-group-records.ts";
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from "./coordinator-records/consumer-protocol.ts";
import {
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from "./coordinator-records/offsets-records.ts";
import {
  TransactionLogKey,
  TransactionLogValue,
} from "./coordinator-records/transaction-records.ts";
import { RequestHeader, ResponseHeader } from "./headers.ts";
import { type Field, hasVersion, type Schema } from "./schema.ts";

const FILE = new URL("../testdata/layouts.txt", import.meta.url);

/** `name:type`, `?` may be null, `=x` default other than zero, `#n` tag, `!` never compact. */
function layoutOf(schema: Schema, version: number): string {
  return Object.entries(schema)
    .filter(([, { options }]) => hasVersion(options.versions ?? options.tagged, version, true))
    .map(([name, field]) => {
      const { nullable, tag, tagged, flexible } = field.options;
      const isTagged = tag !== undefined && hasVersion(tagged, version, true);
      return [
        `${name}:${typeOf(field, version)}`,
        hasVersion(nullable, version, false) ? "?" : "",
        flexible === "none" ? "!" : "",
        defaultText(field),
        isTagged ? `#${tag}` : "",
      ].join("");
    })
    .join(" ");
}

function defaultText(field: Field): string {
  const value = defaultOf(field);
  if (value === null) return "=null";
  const isTelling = typeof value === "number" || typeof value === "bigint" || value === true;
  return isTelling && value ? `=${String(value)}` : "";
}

function typeOf(field: Field, version: number): string {
  if (field.kind === "array") return `[${typeOf(field.element as Field, version)}]`;
  return field.kind === "struct" ? `{${layoutOf(field.fields as Schema, version)}}` : field.kind;
}

/** One line per run of versions that look alike. */
function linesOf(message: Message): string[] {
  const lines: string[] = [];
  const [min, max] = message.versions;
  let from = min;
  for (let version = min; version <= max; version += 1) {
    const layout = describeVersion(message, version);
    if (version < max && describeVersion(message, version + 1) === layout) continue;
    const range = from === version ? `${version}` : `${from}-${version}`;
    lines.push(`${message.name} v${range} ${layout}`.trimEnd());
    from = version + 1;
  }
  return lines;
}

function describeVersion(message: Message, version: number): string {
  const kind = message.isFlexible(version) ? "flexible" : "classic";
  return `${kind} ${layoutOf(message.schema, version)}`;
}

it("every version of every message has the layout of testdata/layouts.txt", () => {
  const messages: readonly Message[] = [
    RequestHeader,
    ResponseHeader,
    ...APIS.flatMap((api) => [api.request, api.response]),
    OffsetCommitKey,
    OffsetCommitValue,
    GroupMetadataKey,
    GroupMetadataValue,
    TransactionLogKey,
    TransactionLogValue,
    ConsumerProtocolSubscription,
    ConsumerProtocolAssignment,
    ...Object.values(CONSUMER_GROUP_RECORDS).flatMap(({ key, value }) => [key, value] as Message[]),
  ];
  const text = `${messages.flatMap(linesOf).join("\n")}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(FILE, text);
  expect(text.split("\n")).toEqual(readFileSync(FILE, "utf8").split("\n"));
});
