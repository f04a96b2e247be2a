/** All topics of the cluster. */
"use client";
import type { TopicRow } from "@runnel/contracts/topics.ts";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Download, Plus, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { useCommands } from "../../lib/commands.ts";
import { toCsv } from "../../lib/csv.ts";
import { topicsQuery } from "../../lib/data/topics.ts";
import { download } from "../../lib/download.ts";
import { formatCount } from "../../lib/format.ts";
import { usePreferences, useRefreshMs } from "../../lib/preferences.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { ColumnsMenu } from "../../ui/columns-menu.tsx";
import { Checkbox } from "../../ui/field.tsx";
import { FilterInput } from "../../ui/filter-input.tsx";
import { type Column, Grid } from "../../ui/grid.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { FilteredEmpty, ProblemPanel } from "../../ui/states.tsx";
import { ViewsMenu } from "../../ui/views-menu.tsx";
import { topicColumns } from "./columns.tsx";
import { FirstTopic } from "./first-topic.tsx";
import { isSort, paramsOf, useListState } from "./list-state.ts";

const DeleteDialog = dynamic(
  () => import("./delete-dialog.tsx").then((module) => module.DeleteDialog),
  { ssr: false },
);

const NO_ROWS: readonly TopicRow[] = [];
const NONE: ReadonlySet<string> = new Set();

export function TopicList(): ReactNode {
  const [state, setState] = useListState();
  const href = useHref();
  const router = useRouter();
  const refetchInterval = useRefreshMs();
  const query = useInfiniteQuery({ ...topicsQuery(paramsOf(state)), refetchInterval });
  const [selected, setSelected] = useState<ReadonlySet<string>>(NONE);
  const [isDeleting, setIsDeleting] = useState(false);
  const { stars } = usePreferences();
  const rows = useMemo(
    () => starredFirst(query.data?.pages.flatMap(({ items }) => items) ?? NO_ROWS, stars),
    [query.data, stars],
  );
  const all = useMemo(() => topicColumns(href), [href]);
  const columns = useMemo(
    () => all.filter(({ id }) => id === "name" || !state.hide.includes(id)),
    [all, state.hide],
  );
  const total = query.data?.pages[0]?.total ?? null;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  useCommands([
    {
      id: "topic-new",
      title: "Create a topic",
      group: "This page",
      keys: "c",
      run: () => router.push(href("topics", "new")),
    },
  ]);
  const isFiltered = state.q !== "";
  return (
    <>
      <PageHeader
        crumbs={[{ text: "Topics" }]}
        badges={total !== null && <Badge>{formatCount(total)}</Badge>}
        actions={
          <Link href={href("topics", "new")} className={buttonClass("primary")}>
            <Plus /> Create a topic
          </Link>
        }
      />
      <div className="flex flex-wrap items-center gap-2 px-4 pb-2.5">
        <FilterInput
          label="Filter topics"
          placeholder="Filter by name; * and ? stand for anything"
          value={state.q}
          onChange={(q) => void setState({ q })}
          className="w-80 max-w-full"
        />
        <Checkbox
          label="Internal topics"
          checked={state.internal}
          onChange={(event) => void setState({ internal: event.target.checked })}
        />
        <div className="ml-auto flex items-center gap-1.5">
          {selected.size > 0 && (
            <>
              <span className="text-sm text-muted">{selected.size} selected</span>
              <Button look="ghost" onClick={() => setSelected(NONE)}>
                Clear
              </Button>
              <Button look="danger" onClick={() => setIsDeleting(true)}>
                <Trash2 /> Delete …
              </Button>
            </>
          )}
          <ViewsMenu page="topics" />
          <ColumnsMenu
            columns={all.filter(({ id }) => id !== "name")}
            hidden={state.hide}
            onChange={(hide) => void setState({ hide: [...hide] })}
          />
          <Button onClick={() => saveCsv(columns, rows)} disabled={rows.length === 0}>
            <Download /> CSV
          </Button>
        </div>
      </div>
      {query.error !== null && query.data !== undefined && (
        <div className="px-4 pb-2">
          <ProblemPanel error={query.error} isInline onRetry={() => void query.refetch()} />
        </div>
      )}
      <div className="flex min-h-0 flex-1 flex-col border-t border-line bg-surface">
        {query.isPending ? (
          <SkeletonRows count={12} />
        ) : query.data === undefined ? (
          <ProblemPanel
            error={query.error}
            onRetry={() => void query.refetch()}
            isRetrying={query.isFetching}
          />
        ) : rows.length === 0 && isFiltered ? (
          <FilteredEmpty what="topics" onClear={() => void setState({ q: "" })} />
        ) : rows.length === 0 ? (
          <FirstTopic />
        ) : (
          <Grid
            label="Topics"
            columns={columns}
            rows={rows}
            keyOf={({ name }) => name}
            onOpen={({ name }) => router.push(href("topics", name))}
            sort={{ by: state.sort, order: state.order }}
            onSort={({ by, order }) => {
              if (isSort(by)) void setState({ sort: by, order });
            }}
            selected={selected}
            onSelect={setSelected}
            onEnd={onEnd}
          />
        )}
      </div>
      {isDeleting && (
        <DeleteDialog
          topics={[...selected]}
          onClose={() => setIsDeleting(false)}
          onDeleted={() => {
            setIsDeleting(false);
            setSelected(NONE);
          }}
        />
      )}
    </>
  );
}

/** Marked topics come first; otherwise the order is that of the broker. */
function starredFirst(rows: readonly TopicRow[], stars: readonly string[]): readonly TopicRow[] {
  if (stars.length === 0) return rows;
  const marked = new Set(stars);
  return [
    ...rows.filter(({ name }) => marked.has(name)),
    ...rows.filter(({ name }) => !marked.has(name)),
  ];
}

function saveCsv(columns: readonly Column<TopicRow>[], rows: readonly TopicRow[]): void {
  const written = columns.filter(({ text }) => text !== undefined);
  const lines = rows.map((row) => written.map(({ text }) => text?.(row) ?? ""));
  download(
    "topics.csv",
    toCsv(
      written.map(({ header }) => header),
      lines,
    ),
    "text/csv",
  );
}
