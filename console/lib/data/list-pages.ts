/** How lists are asked for: little at first, much further on, all of it not too often. */
import { nameMatcher } from "@runnel/contracts/name-filter.ts";
import { type InfiniteData, replaceEqualDeep } from "@tanstack/react-query";

/** What is in sight and a little more, so that it is there at once, at every keystroke of a filter. */
const FIRST_ROWS = 100;
const MORE_ROWS = 1_000;

/** Rows of the page behind `cursor`; null: of the first one. */
export function rowsOfPage(cursor: string | null): number {
  return cursor === null ? FIRST_ROWS : MORE_ROWS;
}

/**
 * For `refetchInterval` of a list: a refresh asks for every page that was loaded, so a list of many
 * pages is refreshed that much more rarely.
 */
export function listRefresh(
  refreshMs: number | false,
): (query: {
  readonly state: { readonly data?: { readonly pages: readonly unknown[] } | undefined };
}) => number | false {
  return ({ state }) =>
    refreshMs === false ? false : refreshMs * Math.max(1, state.data?.pages.length ?? 1);
}

/**
 * For `placeholderData` of a list: what of the rows from before matches the filter stands there until
 * the broker answers. Where nothing does they stay whole: that none match only the broker can say.
 */
export function narrowed<P extends { readonly items: readonly unknown[] }, C>(
  previous: InfiniteData<P, C> | undefined,
  filter: string | undefined,
  nameOf: (row: P["items"][number]) => string,
): InfiniteData<P, C> | undefined {
  if (previous === undefined || filter === undefined || filter === "") return previous;
  const isMatch = nameMatcher(filter);
  const pages = previous.pages.map((page) => ({
    ...page,
    items: page.items.filter((row) => isMatch(nameOf(row))),
  }));
  return pages.some(({ items }) => items.length > 0) ? { ...previous, pages } : previous;
}

const SHARED_PAGES_MAX = 2;

/**
 * For `structuralSharing` of a list: what did not change is not drawn again. To look for that in
 * thousands of rows would take longer than to draw those in sight.
 */
export function shareFewPages(before: unknown, after: unknown): unknown {
  const { pages } = after as InfiniteData<unknown>;
  return pages.length > SHARED_PAGES_MAX ? after : replaceEqualDeep(before, after);
}
