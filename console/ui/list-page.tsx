/**
 * A page that is one long table: what narrows it down at the top, then the rows, which the broker
 * sorts, filters and hands out page after page, or in their place why there are none.
 */
"use client";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { type ReactNode, useCallback, useMemo } from "react";
import { isUnreachable } from "../lib/api.ts";
import { formatCount } from "../lib/format.ts";
import { Badge } from "./badge.tsx";
import { Grid, type GridProps } from "./grid.tsx";
import { PageHeader } from "./page.tsx";
import { SkeletonRows } from "./skeleton.tsx";
import { Split } from "./split.tsx";
import { FilteredEmpty, ProblemPanel } from "./states.tsx";

/** As a list of the admin API answers; logs do not know how long they are. */
interface ListData<T> {
  readonly items: readonly T[];
  readonly total?: number;
}

export interface List<T> {
  readonly rows: readonly T[];
  /** Null before the first answer, and where nobody knows. */
  readonly total: number | null;
  readonly onEnd: () => void;
  readonly isPending: boolean;
  readonly isFetching: boolean;
  /** What went wrong the last time; rows from before are shown with it. */
  readonly error: Error | null;
  readonly retry: () => void;
}

const SKELETON_ROWS = 12;

/** The rows of all pages that have come, and the way to more. */
export function useList<T>(
  query: UseInfiniteQueryResult<InfiniteData<ListData<T>, unknown>>,
): List<T> {
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = query;
  const rows = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return {
    rows,
    total: data?.pages[0]?.total ?? null,
    onEnd,
    isPending: data === undefined && query.error === null,
    isFetching: query.isFetching,
    error: query.error,
    retry: () => void refetch(),
  };
}

interface ListPageProps<T> {
  readonly title: string;
  /** What the rows are, as in "No topics match". */
  readonly what: string;
  readonly list: List<T>;
  readonly actions?: ReactNode;
  readonly filters: ReactNode;
  /** On the other side of the filters. */
  readonly tools?: ReactNode;
  /** Stands above the rows, whatever they are. */
  readonly note?: ReactNode;
  readonly isFiltered: boolean;
  readonly onClear: () => void;
  /** In place of the table where there is nothing at all. */
  readonly empty: ReactNode;
  readonly grid: Omit<GridProps<T>, "rows" | "onEnd">;
  /** The row that is open, beside the table. */
  readonly side?: ReactNode;
}

export function ListPage<T>(props: ListPageProps<T>): ReactNode {
  const { title, list, actions, filters, tools, note, side = null } = props;
  const { total, error, rows, retry } = list;
  return (
    <>
      <PageHeader
        crumbs={[{ text: title }]}
        badges={total !== null && <Badge>{formatCount(total)}</Badge>}
        actions={actions}
      />
      <div className="flex flex-wrap items-center gap-2 px-4 pb-2.5">
        {filters}
        <div className="ml-auto flex items-center gap-1.5">{tools}</div>
      </div>
      {note !== undefined && <div className="px-4 pb-2.5 empty:hidden">{note}</div>}
      {/* That the broker is gone stands over every page already. */}
      {error !== null && rows.length > 0 && !isUnreachable(error) && (
        <div className="px-4 pb-2">
          <ProblemPanel error={error} isInline onRetry={retry} />
        </div>
      )}
      <Split
        main={
          <div className="flex min-h-0 flex-1 flex-col border-t border-line bg-surface">
            <ListBody {...props} />
          </div>
        }
        side={side}
      />
    </>
  );
}

function ListBody<T>({
  what,
  list: { rows, onEnd, isPending, isFetching, error, retry },
  isFiltered,
  onClear,
  empty,
  grid,
}: ListPageProps<T>): ReactNode {
  if (rows.length > 0) return <Grid {...grid} rows={rows} onEnd={onEnd} />;
  if (isPending) return <SkeletonRows count={SKELETON_ROWS} />;
  if (error !== null) {
    return <ProblemPanel error={error} onRetry={retry} isRetrying={isFetching} />;
  }
  return isFiltered ? <FilteredEmpty what={what} onClear={onClear} /> : empty;
}
