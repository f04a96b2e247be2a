import { PAGE_SIZE_MAX } from "@runnel/contracts/page.ts";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { everyPage } from "./every-page.ts";
import { narrowed, rowsOfPage, shareFewPages } from "./list-pages.ts";

export type GroupsParams = Omit<
  NonNullable<NonNullable<Parameters<typeof api.listGroups>[0]>["query"]>,
  "cursor" | "limit"
>;

const OFFSETS_PAGE = PAGE_SIZE_MAX;

export const groupKeys = {
  all: ["groups"] as const,
  one: (group: string) => ["groups", "one", group] as const,
};

/** One page of the list; without a cursor the first one. */
export const askGroups = (params: GroupsParams, cursor: string | null, signal?: AbortSignal) =>
  api.listGroups(
    {
      query: { ...params, limit: rowsOfPage(cursor), ...(cursor === null ? {} : { cursor }) },
    },
    signal === undefined ? {} : { signal },
  );

/** The list, page after page. What was there stays until what was asked for is. */
export const groupsQuery = (params: GroupsParams) =>
  infiniteQueryOptions({
    queryKey: [...groupKeys.all, "list", params],
    queryFn: ({ pageParam, signal }) => askGroups(params, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    structuralSharing: shareFewPages,
    placeholderData: (previous) => narrowed(previous, params.filter, ({ groupId }) => groupId),
  });

/** A few groups whose ids match, for lists to choose from. */
export const groupSearchQuery = (filter: string, limit: number) =>
  queryOptions({
    queryKey: [...groupKeys.all, "search", filter, limit],
    queryFn: ({ signal }) =>
      api.listGroups({ query: { limit, ...(filter === "" ? {} : { filter }) } }, { signal }),
    placeholderData: keepPreviousData,
  });

export const groupQuery = (group: string) =>
  queryOptions({
    queryKey: groupKeys.one(group),
    queryFn: ({ signal }) => api.getGroup({ params: { group } }, { signal }),
  });

/** What it committed, by topic and partition; the first thousand, and how many there are. */
export const groupOffsetsQuery = (group: string) =>
  queryOptions({
    queryKey: [...groupKeys.one(group), "offsets"],
    queryFn: ({ signal }) =>
      api.listGroupOffsets({ params: { group }, query: { limit: OFFSETS_PAGE } }, { signal }),
  });

/** As `groupOffsetsQuery`, page after page, for what is to be chosen from. Not to be asked often. */
export const everyGroupOffsetQuery = (group: string) =>
  queryOptions({
    queryKey: [...groupKeys.one(group), "every-offset"],
    queryFn: ({ signal }) =>
      everyPage((cursor) =>
        api.listGroupOffsets(
          {
            params: { group },
            query: { limit: OFFSETS_PAGE, ...(cursor === null ? {} : { cursor }) },
          },
          { signal },
        ),
      ),
  });
