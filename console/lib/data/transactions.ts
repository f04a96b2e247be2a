import { PAGE_SIZE_MAX } from "@runnel/contracts/page.ts";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { narrowed, rowsOfPage, shareFewPages } from "./list-pages.ts";

type Paging = "cursor" | "limit";

export type TransactionsParams = Omit<
  NonNullable<NonNullable<Parameters<typeof api.listTransactions>[0]>["query"]>,
  Paging
>;
export type HeldParams = Omit<
  NonNullable<NonNullable<Parameters<typeof api.listHeldPartitions>[0]>["query"]>,
  Paging
>;

export const transactionKeys = {
  all: ["transactions"] as const,
  one: (transactionalId: string) => ["transactions", "one", transactionalId] as const,
  held: ["transactions", "held"] as const,
};

const pageOf = (cursor: string | null) => ({
  limit: rowsOfPage(cursor),
  ...(cursor === null ? {} : { cursor }),
});

/** One page of the list; without a cursor the first one. */
export const askTransactions = (
  params: TransactionsParams,
  cursor: string | null,
  signal?: AbortSignal,
) =>
  api.listTransactions(
    { query: { ...params, ...pageOf(cursor) } },
    signal === undefined ? {} : { signal },
  );

/** The list, page after page. What was there stays until what was asked for is. */
export const transactionsQuery = (params: TransactionsParams) =>
  infiniteQueryOptions({
    queryKey: [...transactionKeys.all, "list", params],
    queryFn: ({ pageParam, signal }) => askTransactions(params, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    structuralSharing: shareFewPages,
    placeholderData: (previous) =>
      narrowed(previous, params.filter, ({ transactionalId }) => transactionalId),
  });

/** A few ids that match, for lists to choose from. */
export const transactionSearchQuery = (filter: string, limit: number) =>
  queryOptions({
    queryKey: [...transactionKeys.all, "search", filter, limit],
    queryFn: ({ signal }) =>
      api.listTransactions({ query: { limit, ...(filter === "" ? {} : { filter }) } }, { signal }),
    placeholderData: keepPreviousData,
  });

export const transactionQuery = (transactionalId: string) =>
  queryOptions({
    queryKey: transactionKeys.one(transactionalId),
    queryFn: ({ signal }) => api.getTransaction({ params: { transactionalId } }, { signal }),
  });

/** By topic and partition; the first thousand, and how many there are. */
export const transactionPartitionsQuery = (transactionalId: string) =>
  queryOptions({
    queryKey: [...transactionKeys.one(transactionalId), "partitions"],
    queryFn: ({ signal }) =>
      api.listTransactionPartitions(
        { params: { transactionalId }, query: { limit: PAGE_SIZE_MAX } },
        { signal },
      ),
  });

export const askHeld = (params: HeldParams, cursor: string | null, signal?: AbortSignal) =>
  api.listHeldPartitions(
    { query: { ...params, ...pageOf(cursor) } },
    signal === undefined ? {} : { signal },
  );

/** Partitions in which transactions are open, page after page. */
export const heldQuery = (params: HeldParams) =>
  infiniteQueryOptions({
    queryKey: [...transactionKeys.held, "list", params],
    queryFn: ({ pageParam, signal }) => askHeld(params, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    structuralSharing: shareFewPages,
    placeholderData: (previous) => narrowed(previous, params.filter, ({ topic }) => topic),
  });

/** How many partitions have a transaction that nobody will end. */
export const hangingCountQuery = queryOptions({
  queryKey: [...transactionKeys.held, "hanging-count"],
  queryFn: async ({ signal }) => {
    const query = { hanging: true, limit: 1 };
    return (await api.listHeldPartitions({ query }, { signal })).total;
  },
});

/** What is open in a partition, the first begun first; at most so many as a page has. */
export const openProducersQuery = (topic: string, partition: number) =>
  queryOptions({
    queryKey: [...transactionKeys.held, "producers", topic, partition],
    queryFn: ({ signal }) =>
      api.listProducers(
        { params: { topic, partition }, query: { open: true, sort: "openFrom", limit: 100 } },
        { signal },
      ),
  });
