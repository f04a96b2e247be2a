/** What can be made of an event: its bytes, its JSON, commands that fetch or repeat it. */

import type { Payload } from "@runnel/contracts/common.ts";
import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import { bytesOfPayload, payloadOf } from "@runnel/contracts/payload.ts";
import type { NewRecord } from "@runnel/contracts/records.ts";
import { bootstrapFlag, shellQuote } from "../../lib/snippets.ts";

/** Null where there are none, or not all of them were sent. */
export function payloadBytes(payload: DecodedPayload): Uint8Array | null {
  const raw = payloadOf(payload);
  return raw === undefined ? null : bytesOfPayload(raw);
}

/** The event as it can be produced again, byte for byte; null where parts of it were not sent. */
export function toNewRecord(
  record: DecodedRecord,
  { hasHeaders, keepsTime }: { readonly hasHeaders: boolean; readonly keepsTime: boolean },
): NewRecord | null {
  const key = payloadOf(record.key);
  const value = payloadOf(record.value);
  const headers = record.headers.map(({ name, value: one }) => ({ name, value: payloadOf(one) }));
  if (key === undefined || value === undefined) return null;
  if (hasHeaders && headers.some(({ value: one }) => one === undefined)) return null;
  return {
    key,
    value,
    ...(hasHeaders && headers.length > 0
      ? { headers: headers as { name: string; value: Payload | null }[] }
      : {}),
    ...(keepsTime && record.timestamp !== null ? { timestamp: record.timestamp } : {}),
  };
}

/**
 * The event as one JSON document, in the form that the command line reads and writes; null where parts of
 * it were not sent, as nobody could tell from the document.
 */
export function recordJson(topic: string, record: DecodedRecord): string | null {
  const { partition, offset, timestamp, timestampType } = record;
  if (!isWhole(record)) return null;
  return JSON.stringify(
    {
      topic,
      partition,
      offset,
      timestamp,
      timestampType,
      key: payloadOf(record.key),
      value: payloadOf(record.value),
      headers: record.headers.map(({ name, value }) => ({ key: name, value: payloadOf(value) })),
    },
    null,
    2,
  );
}

/** Whether all of its bytes were sent. */
export function isWhole({ key, value, headers }: DecodedRecord): boolean {
  return [key, value, ...headers.map((header) => header.value)].every(
    (payload) => payloadOf(payload) !== undefined,
  );
}

export function recordCurl(
  topic: string,
  { partition, offset }: DecodedRecord,
  admin: string,
): string {
  const query = `partitions=${partition}&from=offset:${offset}&to=offset:${offset + 1}&order=oldest`;
  return `curl -N ${shellQuote(`http://${admin}/v1/topics/${encodeURIComponent(topic)}/events?${query}`)}`;
}

export function recordCommand(
  topic: string,
  { partition, offset }: DecodedRecord,
  bootstrap: string,
): string {
  const range = `--partition ${partition} --from ${offset} --max 1 --json`;
  return `npx runnel consume ${shellQuote(topic)} ${range}${bootstrapFlag(bootstrap)}`;
}
