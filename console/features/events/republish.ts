/** Events that are produced once more, byte for byte. */
import type { Client } from "@runnel/contracts/client.ts";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { NewRecord, ProduceResponse } from "@runnel/contracts/records.ts";
import { formatBytes } from "../../lib/format.ts";
import { printRecord } from "./events-state.ts";
import { toNewRecord } from "./payload.ts";
import { readRecord } from "./read-record.ts";

export const REPUBLISH_MAX = 100;
/** Of keys, values and headers together: all of them are held until they are produced. */
export const REPUBLISH_BYTES_MAX: number = 16 * 1_024 * 1_024;
/** Of the records of a request as JSON; the broker takes 1 MiB with what is around them. */
const REQUEST_BYTES_MAX = 1_000 * 1_024;

export interface RepublishOptions {
  readonly hasHeaders: boolean;
  readonly keepsTime: boolean;
}

/** As they were produced: the oldest first. */
export function inOrder(records: readonly DecodedRecord[]): readonly DecodedRecord[] {
  return records.toSorted(
    (a, b) =>
      (a.timestamp ?? 0) - (b.timestamp ?? 0) || a.partition - b.partition || a.offset - b.offset,
  );
}

function sizeOf({ key, value, headersBytes }: DecodedRecord): number {
  return (key.sizeBytes ?? 0) + (value.sizeBytes ?? 0) + headersBytes;
}

/** Events that cannot be produced again as they were selected; says which, and what to do. */
export class RepublishError extends Error {
  override name = "RepublishError";
}

/** Reads each event in full. Throws `RepublishError` for more than may be held, and where the broker has not all of one. */
export async function readForRepublish(
  client: Client,
  topic: string,
  records: readonly DecodedRecord[],
  signal?: AbortSignal,
): Promise<readonly DecodedRecord[]> {
  const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0);
  if (bytes > REPUBLISH_BYTES_MAX) {
    const most = formatBytes(REPUBLISH_BYTES_MAX);
    throw new RepublishError(
      `They have ${formatBytes(bytes)}, and ${most} go at a time: select fewer`,
    );
  }
  const read: DecodedRecord[] = [];
  for (const { partition, offset } of records) {
    const place = { topic, partition, offset };
    const how = { keyDecoder: "auto", valueDecoder: "auto", isWhole: true } as const;
    const record = await readRecord(client, { ...place, ...how }, signal);
    const name = `${topic}/${partition}@${offset}`;
    if (record === null)
      throw new RepublishError(`${name} is not there any more: select it no longer`);
    if (toNewRecord(record, { hasHeaders: true, keepsTime: false }) === null) {
      throw new RepublishError(`${name} is too large to be read in full: select it no longer`);
    }
    read.push(record);
  }
  return read;
}

/** What became of an event, or would. */
export interface Outcome {
  /** `partition@offset` of the event. */
  readonly place: string;
  /** Null where that was not said. */
  readonly partition: number | null;
  /** Why it was not taken; null where it was. */
  readonly error: string | null;
}

interface Sent {
  readonly place: string;
  readonly record: NewRecord;
}

interface ProduceAgain {
  readonly client: Client;
  readonly target: string;
  /** All of each; see `readForRepublish`. */
  readonly records: readonly DecodedRecord[];
  readonly options: RepublishOptions;
  readonly isDryRun: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Produces them in as many requests as they need, one after the other, and says what became of each.
 * Behind a request that failed nothing is sent, or later events would overtake earlier ones; a dry run
 * goes on. Throws only what no event got past.
 */
export async function produceAgain(again: ProduceAgain): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let failure: Error | null = null;
  for (const request of requestsOf(again.records, again.options)) {
    if (failure !== null && !again.isDryRun) {
      outcomes.push(...refused(request, "it was not sent, as one before it failed"));
      continue;
    }
    try {
      const { results } = await send(again, request);
      for (const [index, { place }] of request.entries()) {
        const { partition = null, error = "the broker said nothing of it" } = results[index] ?? {};
        outcomes.push({ place, partition, error });
      }
    } catch (thrown) {
      again.signal?.throwIfAborted();
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      failure ??= error;
      outcomes.push(...refused(request, error.message));
    }
  }
  if (failure !== null && outcomes.every(({ error }) => error !== null)) throw failure;
  return outcomes;
}

function refused(request: readonly Sent[], error: string): readonly Outcome[] {
  return request.map(({ place }) => ({ place, partition: null, error }));
}

function send(
  { client, target, isDryRun, signal }: ProduceAgain,
  request: readonly Sent[],
): Promise<ProduceResponse> {
  const records = request.map(({ record }) => record);
  return client.produce(
    {
      params: { topic: target },
      body: { records },
      ...(isDryRun ? { query: { dryRun: true } } : {}),
    },
    signal === undefined ? {} : { signal },
  );
}

const encoder = new TextEncoder();

/** In their order, as many together as the broker takes. One that is too large for it stands alone. */
function requestsOf(
  records: readonly DecodedRecord[],
  options: RepublishOptions,
): readonly (readonly Sent[])[] {
  const requests: Sent[][] = [];
  let room = 0;
  for (const read of records) {
    const record = toNewRecord(read, options);
    if (record === null) continue;
    const bytes = encoder.encode(JSON.stringify(record)).length + 1;
    if (bytes > room) {
      requests.push([]);
      room = REQUEST_BYTES_MAX;
    }
    room -= bytes;
    requests.at(-1)?.push({ place: printRecord(read), record });
  }
  return requests;
}
