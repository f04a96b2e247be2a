/** Events that are produced once more, byte for byte. */
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { NewRecord } from "@runnel/contracts/records.ts";
import { api } from "../../lib/api.ts";
import { toNewRecord } from "./payload.ts";
import { readRecord } from "./read-record.ts";

export const REPUBLISH_MAX = 100;

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

/** Reads each event in full. Throws where the broker cannot send all of one. */
export async function readForRepublish(
  topic: string,
  records: readonly DecodedRecord[],
  options: RepublishOptions,
): Promise<readonly NewRecord[]> {
  const made: NewRecord[] = [];
  // One after the other, so that no more than one is large.
  for (const { partition, offset } of records) {
    const place = `${topic}/${partition}@${offset}`;
    const record = await readRecord(api, {
      topic,
      partition,
      offset,
      keyDecoder: "auto",
      valueDecoder: "auto",
      isWhole: true,
    });
    if (record === null) throw new Error(`${place} is not there any more`);
    const again = toNewRecord(record, options);
    if (again === null) throw new Error(`${place} is too large to be read in full`);
    made.push(again);
  }
  return made;
}
