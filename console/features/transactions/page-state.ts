/** What the address of the transactions says. */
"use client";
import {
  parseAsBoolean,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import type { HeldParams, TransactionsParams } from "../../lib/data/transactions.ts";

export const STATES = [
  "Ongoing",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
  "Empty",
] as const;

export const ID_SORTS = [
  "transactionalId",
  "state",
  "runningMs",
  "updatedAt",
  "partitionCount",
] as const;
export const HELD_SORTS = ["heldCount", "topic", "lastWrittenAt"] as const;

/** Transactional ids, or partitions in which something is open. */
export const SHOWN = ["ids", "held"] as const;

const ORDER = parseAsStringLiteral(["asc", "desc"]).withDefault("desc");

const ID_PARSERS = {
  q: parseAsString.withDefault(""),
  state: parseAsStringLiteral(STATES),
  /** Seconds. */
  longer: parseAsInteger,
  producer: parseAsString.withDefault(""),
  sort: parseAsStringLiteral(ID_SORTS).withDefault("runningMs"),
  order: ORDER,
};

const HELD_PARSERS = {
  q: parseAsString.withDefault(""),
  hanging: parseAsBoolean.withDefault(false),
  sort: parseAsStringLiteral(HELD_SORTS).withDefault("heldCount"),
  order: ORDER,
  /** The partition that is open, as `orders/3`. */
  at: parseAsString,
};

export function useIdState() {
  return useQueryStates(ID_PARSERS, { history: "replace" });
}

export function useHeldState() {
  return useQueryStates(HELD_PARSERS, { history: "replace" });
}

/** Which of both is shown; another one begins with no filter. */
export function useShown() {
  const [{ show }, setState] = useQueryStates(
    {
      show: parseAsStringLiteral(SHOWN).withDefault("ids"),
      q: parseAsString,
      state: parseAsString,
      longer: parseAsString,
      producer: parseAsString,
      hanging: parseAsString,
      sort: parseAsString,
      order: parseAsString,
      at: parseAsString,
    },
    { history: "replace" },
  );
  const setShow = (next: (typeof SHOWN)[number]): void =>
    void setState({
      show: next,
      q: null,
      state: null,
      longer: null,
      producer: null,
      hanging: null,
      sort: null,
      order: null,
      at: null,
    });
  return [show, setShow] as const;
}

/** As far as an address needs to be believed. */
const PRODUCER_ID = /^(?:0|[1-9]\d{0,17})$/;

export type IdState = ReturnType<typeof useIdState>[0];

export function idParams({ q, state, longer, producer, sort, order }: IdState): TransactionsParams {
  return {
    sort,
    order,
    ...(q === "" ? {} : { filter: q }),
    ...(state === null ? {} : { state }),
    ...(longer === null || longer < 0 ? {} : { longerThanMs: longer * 1_000 }),
    ...(PRODUCER_ID.test(producer) ? { producerId: producer } : {}),
  };
}

export function heldParams({
  q,
  hanging,
  sort,
  order,
}: Omit<ReturnType<typeof useHeldState>[0], "at">): HeldParams {
  return { sort, order, ...(q === "" ? {} : { filter: q }), ...(hanging ? { hanging } : {}) };
}

export interface OpenPlace {
  readonly topic: string;
  readonly partition: number;
}

/** Null for what names no partition. */
export function parsePlace(text: string | null): OpenPlace | null {
  const [, topic, digits] = /^([a-zA-Z0-9._-]{1,249})\/(\d{1,9})$/.exec(text ?? "") ?? [];
  return topic === undefined || digits === undefined ? null : { topic, partition: Number(digits) };
}

export const printPlace = ({ topic, partition }: OpenPlace): string => `${topic}/${partition}`;
