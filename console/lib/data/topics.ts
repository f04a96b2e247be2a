import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { narrowed, rowsOfPage, shareFewPages } from "./list-pages.ts";

export type TopicsParams = Omit<
  NonNullable<NonNullable<Parameters<typeof api.listTopics>[0]>["query"]>,
  "cursor" | "limit"
>;

export const topicKeys = {
  all: ["topics"] as const,
  one: (topic: string) => ["topics", "one", topic] as const,
};

/** One page of the list; without a cursor the first one. */
export const askTopics = (params: TopicsParams, cursor: string | null, signal?: AbortSignal) =>
  api.listTopics(
    {
      query: { ...params, limit: rowsOfPage(cursor), ...(cursor === null ? {} : { cursor }) },
    },
    signal === undefined ? {} : { signal },
  );

/** The list, page after page. What was there stays until what was asked for is. */
export const topicsQuery = (params: TopicsParams) =>
  infiniteQueryOptions({
    queryKey: [...topicKeys.all, "list", params],
    queryFn: ({ pageParam, signal }) => askTopics(params, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    structuralSharing: shareFewPages,
    placeholderData: (previous) => narrowed(previous, params.filter, ({ name }) => name),
  });

/** A few topics whose names match, for lists to choose from. */
export const topicSearchQuery = (filter: string, limit: number) =>
  queryOptions({
    queryKey: [...topicKeys.all, "search", filter, limit],
    queryFn: ({ signal }) =>
      api.listTopics({ query: { limit, ...(filter === "" ? {} : { filter }) } }, { signal }),
    placeholderData: keepPreviousData,
  });

export const topicQuery = (topic: string) =>
  queryOptions({
    queryKey: topicKeys.one(topic),
    queryFn: ({ signal }) => api.getTopic({ params: { topic } }, { signal }),
  });

export const partitionsQuery = (topic: string) =>
  infiniteQueryOptions({
    queryKey: [...topicKeys.one(topic), "partitions"],
    queryFn: ({ pageParam, signal }) =>
      api.listPartitions(
        {
          params: { topic },
          query: { limit: 500, ...(pageParam === null ? {} : { cursor: pageParam }) },
        },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

export const topicConfigsQuery = (topic: string) =>
  queryOptions({
    queryKey: [...topicKeys.one(topic), "configs"],
    queryFn: ({ signal }) => api.getTopicConfigs({ params: { topic } }, { signal }),
  });

export const topicGroupsQuery = (topic: string) =>
  queryOptions({
    queryKey: [...topicKeys.one(topic), "groups"],
    queryFn: ({ signal }) =>
      api.listTopicGroups(
        { params: { topic }, query: { limit: 1_000, sort: "lag", order: "desc" } },
        { signal },
      ),
  });
