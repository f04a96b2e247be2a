/** An event by its place, as people paste it: `orders/3@1042`. */

export interface RecordAddress {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Null for what is no such place. */
export function parseRecordAddress(text: string): RecordAddress | null {
  const [, topic, partition, offset] =
    /^\s*([a-zA-Z0-9._-]{1,249})[/\-:](\d{1,10})[@:](\d{1,16})\s*$/.exec(text) ?? [];
  if (topic === undefined) return null;
  const address = { topic, partition: Number(partition), offset: Number(offset) };
  return Number.isSafeInteger(address.offset) ? address : null;
}

/** The path of a page of this console, whatever host it was copied from; null for other texts. */
export function parseOwnUrl(text: string): string | null {
  const [, path] = /^\s*(?:https?:\/\/[^/\s]+)?(\/c\/[^\s\\]*)\s*$/.exec(text) ?? [];
  return path ?? null;
}
