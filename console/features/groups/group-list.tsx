/** All groups of consumers. */
"use client";
import type { GroupRow } from "@runnel/contracts/groups.ts";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Download, Layers } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type ReactNode, useCallback, useMemo } from "react";
import { type Href, useHref } from "../../lib/cluster.tsx";
import { toCsv } from "../../lib/csv.ts";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { groupsQuery } from "../../lib/data/groups.ts";
import { download } from "../../lib/download.ts";
import { formatCount, formatSpan } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { bootstrapFlag } from "../../lib/snippets.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Select } from "../../ui/field.tsx";
import { FilterInput } from "../../ui/filter-input.tsx";
import { type Column, Grid } from "../../ui/grid.tsx";
import { GroupStateBadge } from "../../ui/group-state.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Empty, FilteredEmpty, ProblemPanel } from "../../ui/states.tsx";
import { ViewsMenu } from "../../ui/views-menu.tsx";

const SORTS = ["groupId", "state", "lag", "memberCount"] as const;
const STATES = ["Stable", "Empty", "PreparingRebalance", "CompletingRebalance", "Dead"] as const;
const PAGE_ROWS = 500;
const PARSERS = {
  q: parseAsString.withDefault(""),
  state: parseAsStringLiteral(STATES),
  sort: parseAsStringLiteral(SORTS).withDefault("lag"),
  order: parseAsStringLiteral(["asc", "desc"]).withDefault("desc"),
};
const NO_ROWS: readonly GroupRow[] = [];

export function GroupList(): ReactNode {
  const [{ q, state, sort, order }, setState] = useQueryStates(PARSERS, { history: "replace" });
  const href = useHref();
  const router = useRouter();
  const refetchInterval = useRefreshMs();
  const query = useInfiniteQuery({
    ...groupsQuery({
      limit: PAGE_ROWS,
      sort,
      order,
      ...(q === "" ? {} : { filter: q }),
      ...(state === null ? {} : { state }),
    }),
    refetchInterval,
  });
  const rows = useMemo(
    () => query.data?.pages.flatMap(({ items }) => items) ?? NO_ROWS,
    [query.data],
  );
  const columns = useMemo(() => groupColumns(href), [href]);
  const total = query.data?.pages[0]?.total ?? null;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const isFiltered = q !== "" || state !== null;
  return (
    <>
      <PageHeader
        crumbs={[{ text: "Groups" }]}
        badges={total !== null && <Badge>{formatCount(total)}</Badge>}
      />
      <div className="flex flex-wrap items-center gap-2 px-4 pb-2.5">
        <FilterInput
          label="Filter groups"
          placeholder="Filter by id; * and ? stand for anything"
          value={q}
          onChange={(text) => void setState({ q: text })}
          className="w-80 max-w-full"
        />
        <Select
          aria-label="State"
          value={state ?? ""}
          onChange={({ target }) =>
            void setState({ state: STATES.find((one) => one === target.value) ?? null })
          }
        >
          <option value="">Any state</option>
          <option value="Stable">Stable</option>
          <option value="Empty">No members</option>
          <option value="PreparingRebalance">Rebalancing: joining</option>
          <option value="CompletingRebalance">Rebalancing: assigning</option>
        </Select>
        <div className="ml-auto flex items-center gap-1.5">
          <ViewsMenu page="groups" />
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
          <SkeletonRows count={8} />
        ) : query.data === undefined ? (
          <ProblemPanel
            error={query.error}
            onRetry={() => void query.refetch()}
            isRetrying={query.isFetching}
          />
        ) : rows.length === 0 && isFiltered ? (
          <FilteredEmpty what="groups" onClear={() => void setState({ q: "", state: null })} />
        ) : rows.length === 0 ? (
          <FirstGroup />
        ) : (
          <Grid
            label="Groups"
            columns={columns}
            rows={rows}
            keyOf={({ groupId }) => groupId}
            onOpen={({ groupId }) => router.push(href("groups", groupId))}
            sort={{ by: sort, order }}
            onSort={({ by, order: next }) =>
              void setState({ sort: SORTS.find((one) => one === by) ?? "lag", order: next })
            }
            onEnd={onEnd}
          />
        )}
      </div>
    </>
  );
}

function FirstGroup(): ReactNode {
  const bootstrap = useQuery(clusterQuery).data?.bootstrap[0] ?? "127.0.0.1:9092";
  return (
    <Empty icon={<Layers />} title="No groups yet">
      <p className="mb-4">
        A group of consumers shares the partitions of its topics and remembers how far it has got.
        It shows here, with its lag, as soon as one reads:
      </p>
      <CodeBlock code={`npx runnel consume orders --group my-group${bootstrapFlag(bootstrap)}`} />
    </Empty>
  );
}

function groupColumns(href: Href): readonly Column<GroupRow>[] {
  return [
    {
      id: "group",
      header: "Group",
      width: "minmax(260px, 1fr)",
      sort: "groupId",
      cell: ({ groupId }) => (
        <Link
          tabIndex={-1}
          href={href("groups", groupId)}
          className="font-medium hover:text-accent hover:underline"
        >
          {groupId}
        </Link>
      ),
      text: ({ groupId }) => groupId,
    },
    {
      id: "state",
      header: "State",
      width: "130px",
      sort: "state",
      cell: ({ state }) => <GroupStateBadge state={state} />,
      text: ({ state }) => state,
    },
    {
      id: "members",
      header: "Members",
      width: "100px",
      align: "right",
      sort: "memberCount",
      cell: ({ memberCount }) => formatCount(memberCount),
      text: ({ memberCount }) => String(memberCount),
    },
    {
      id: "topics",
      header: "Topics",
      width: "90px",
      align: "right",
      cell: ({ topicCount }) => formatCount(topicCount),
      text: ({ topicCount }) => String(topicCount),
    },
    {
      id: "lag",
      header: "Lag in events",
      width: "130px",
      align: "right",
      sort: "lag",
      cell: ({ lag: { events } }) => (
        <span className={events > 0 ? "text-warn" : ""}>{formatCount(events)}</span>
      ),
      text: ({ lag }) => String(lag.events),
    },
    {
      id: "seconds",
      header: "Lag in time",
      width: "130px",
      align: "right",
      cell: ({ lag: { seconds } }) => (seconds === null ? "–" : formatSpan(seconds * 1_000)),
      text: ({ lag }) => String(lag.seconds ?? ""),
    },
    {
      id: "protocol",
      header: "Kind",
      width: "120px",
      cell: ({ protocolType }) => (
        <span className="text-muted">{protocolType === "" ? "offsets only" : protocolType}</span>
      ),
      text: ({ protocolType }) => protocolType,
    },
  ];
}

function saveCsv(columns: readonly Column<GroupRow>[], rows: readonly GroupRow[]): void {
  const lines = rows.map((row) => columns.map(({ text }) => text?.(row) ?? ""));
  download(
    "groups.csv",
    toCsv(
      columns.map(({ header }) => header),
      lines,
    ),
    "text/csv",
  );
}
