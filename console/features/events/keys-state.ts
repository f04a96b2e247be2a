/** What the address of the pages of keys says. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { printKey } from "@runnel/contracts/event-places.ts";
import { parseAsBoolean, parseAsInteger, parseAsString, useQueryStates } from "nuqs";
import { payloadBytes } from "./payload.ts";

export function useKeysState() {
  return useQueryStates(
    {
      /** The key: text, or `b:` and base64url. Null: all keys. */
      k: parseAsString,
      f: parseAsString.withDefault(""),
      /** As it was at this time. */
      at: parseAsInteger,
      deleted: parseAsBoolean.withDefault(false),
      /** The event that is open. */
      r: parseAsString,
      /** The one that it is held against; null: the version before. */
      c: parseAsString,
      /** The numeric field that is charted, as the filter writes it. */
      chart: parseAsString,
      /** Versions before this offset only: a key may have more than a page holds. */
      older: parseAsInteger,
    },
    { history: "replace" },
  );
}

/** What belongs to one key, to be forgotten with it. */
export const NO_KEY = { k: null, r: null, c: null, chart: null, older: null } as const;

/** The key of an event as the address has it; null where it has none, or not all of it is known. */
export function addressOfKey({ key }: DecodedRecord): string | null {
  const bytes = payloadBytes(key);
  return bytes === null ? null : printKey(bytes);
}

/** Of versions, the newest first: the one that counted at a time; null where there was none yet. */
export function versionAt(versions: readonly DecodedRecord[], at: number): DecodedRecord | null {
  return versions.find(({ timestamp }) => timestamp !== null && timestamp <= at) ?? null;
}
