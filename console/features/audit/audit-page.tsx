/** Who changed what, and what it was before. */
"use client";
import type { AuditEntry } from "@runnel/contracts/audit.ts";
import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ScrollText, X } from "lucide-react";
import Link from "next/link";
import { type ReactNode, useCallback, useMemo } from "react";
import { api } from "../../lib/api.ts";
import { useHref } from "../../lib/cluster.tsx";
import { diffJson } from "../../lib/json-diff.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DiffTable } from "../../ui/diff-table.tsx";
import { Input, Select } from "../../ui/field.tsx";
import { FilterInput } from "../../ui/filter-input.tsx";
import { type Column, Grid } from "../../ui/grid.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Split } from "../../ui/split.tsx";
import { Empty, FilteredEmpty, ProblemPanel } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { OPERATION_NAMES, OPERATIONS, useAuditState } from "./audit-state.ts";

const PAGE_ROWS = 100;

type AuditFilter = NonNullable<NonNullable<Parameters<typeof api.listAudit>[0]>["query"]>;

const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam, signal }) =>
      api.listAudit(
        {
          query: {
            ...filter,
            limit: PAGE_ROWS,
            ...(pageParam === null ? {} : { cursor: pageParam }),
          },
        },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
  });

const OUTCOMES: Readonly<Record<AuditEntry["result"]["outcome"], readonly [Tone, string]>> = {
  done: ["ok", "done"],
  partly: ["warn", "in part"],
  refused: ["warn", "refused"],
  failed: ["bad", "failed"],
};

export function AuditPage(): ReactNode {
  const [{ resource, actor, operation, r }, setState] = useAuditState();
  const filter: AuditFilter = {
    ...(resource === null || resource === "" ? {} : { resource }),
    ...(actor === "" ? {} : { actor }),
    ...(operation === null ? {} : { operation }),
  };
  const refetchInterval = useRefreshMs();
  const query = useInfiniteQuery({ ...auditQuery(filter), refetchInterval });
  const rows = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const columns = useMemo(() => auditColumns(), []);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const open = rows.find(({ offset }) => offset === r) ?? null;
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <>
      <PageHeader crumbs={[{ text: "Audit" }]} />
      <div className="flex flex-wrap items-center gap-2 px-4 pb-2.5">
        <FilterInput
          label="Filter by who"
          placeholder="Who: a principal, an address, a client"
          value={actor}
          onChange={(next) => void setState({ actor: next })}
          className="w-72 max-w-full"
        />
        <Select
          aria-label="What was done"
          value={operation ?? ""}
          onChange={({ target }) =>
            void setState({
              operation: OPERATION_NAMES.find((one) => one === target.value) ?? null,
            })
          }
        >
          <option value="">Everything</option>
          {OPERATION_NAMES.map((name) => (
            <option key={name} value={name}>
              {OPERATIONS[name]}
            </option>
          ))}
        </Select>
        <Input
          key={resource ?? ""}
          aria-label="Of what"
          defaultValue={resource ?? ""}
          placeholder="topic:orders, group: …"
          onBlur={({ target }) => void setState({ resource: target.value.trim() || null })}
          onKeyDown={(event) => {
            if (event.key === "Enter")
              void setState({ resource: event.currentTarget.value.trim() || null });
          }}
          className="mono w-52 text-xs"
        />
      </div>
      <Split
        main={
          <div className="flex min-h-0 flex-1 flex-col border-t border-line bg-surface">
            {query.isPending ? (
              <SkeletonRows count={10} />
            ) : query.data === undefined ? (
              <ProblemPanel
                error={query.error}
                onRetry={() => void query.refetch()}
                isRetrying={query.isFetching}
              />
            ) : rows.length === 0 && isFiltered ? (
              <FilteredEmpty
                what="entries"
                onClear={() => void setState({ actor: "", operation: null, resource: null })}
              />
            ) : rows.length === 0 ? (
              <Empty icon={<ScrollText />} title="Nothing was changed yet">
                Every administrative change stands here, whichever way it came: who, from where,
                what it was before and what it is now.
              </Empty>
            ) : (
              <Grid
                label="Changes"
                columns={columns}
                rows={rows}
                keyOf={({ offset }) => String(offset)}
                onOpen={({ offset }) => void setState({ r: offset })}
                {...(r === null
                  ? {}
                  : { onMove: ({ offset }: AuditEntry) => void setState({ r: offset }) })}
                openKey={r === null ? null : String(r)}
                onEnd={onEnd}
              />
            )}
          </div>
        }
        side={
          open === null ? null : <Entry entry={open} onClose={() => void setState({ r: null })} />
        }
      />
    </>
  );
}

function auditColumns(): readonly Column<AuditEntry>[] {
  return [
    {
      id: "at",
      header: "Time",
      width: "184px",
      cell: ({ at }) => <Time at={at} className="mono text-xs" />,
    },
    {
      id: "what",
      header: "What",
      width: "150px",
      cell: ({ operation }) => <span className="font-medium">{OPERATIONS[operation]}</span>,
    },
    {
      id: "of",
      header: "Of",
      width: "minmax(180px, 1fr)",
      cell: ({ resource: { kind, name } }) => (
        <>
          <span className="text-muted">{kind}</span> <bdi>{name}</bdi>
        </>
      ),
    },
    {
      id: "who",
      header: "Who",
      width: "minmax(200px, 1fr)",
      cell: ({ actor }) => (
        <>
          {actor.principal.replace(/^User:/, "")}{" "}
          <span className="text-muted">
            {actor.host}
            {actor.forwardedFor === undefined ? "" : ` for ${actor.forwardedFor}`}
          </span>
        </>
      ),
    },
    {
      id: "via",
      header: "Through",
      width: "100px",
      cell: ({ actor }) => <Badge>{actor.via === "admin" ? "admin API" : "Kafka"}</Badge>,
    },
    {
      id: "result",
      header: "Result",
      width: "100px",
      cell: ({ result }) => {
        const [tone, text] = OUTCOMES[result.outcome];
        return (
          <Badge tone={tone} {...(result.message === null ? {} : { title: result.message })}>
            {text}
          </Badge>
        );
      },
    },
  ];
}

/** Nothing is shown as an empty one of what stands on the other side, so that each field has a line. */
function sideOf(state: AuditEntry["before"], other: AuditEntry["before"]): string {
  const isMissing = state === null && typeof other === "object" && other !== null;
  return JSON.stringify(isMissing ? (Array.isArray(other) ? [] : {}) : state, null, 2);
}

function Entry({
  entry,
  onClose,
}: {
  readonly entry: AuditEntry;
  readonly onClose: () => void;
}): ReactNode {
  const href = useHref();
  const { operation, resource, actor, at, asked, before, after, result } = entry;
  const [tone, text] = OUTCOMES[result.outcome];
  const hasPage = resource.kind !== "other" && resource.name !== "default";
  const [from, to] = [sideOf(before, after), sideOf(after, before)];
  return (
    <section aria-label="The change" className="flex min-h-0 flex-1 flex-col bg-surface">
      <header className="flex h-9 items-center justify-between border-b border-line pr-2 pl-3">
        <h2 className="truncate text-sm font-semibold">{OPERATIONS[operation]}</h2>
        <Button look="ghost" isIcon aria-label="Close the change" onClick={onClose}>
          <X />
        </Button>
      </header>
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-3">
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
          <dt className="text-muted">Of</dt>
          <dd>
            {hasPage ? (
              <Link
                href={href(`${resource.kind}s`, resource.name)}
                className="text-accent underline"
              >
                {resource.kind} {resource.name}
              </Link>
            ) : (
              `${resource.kind} ${resource.name}`
            )}
          </dd>
          <dt className="text-muted">When</dt>
          <dd>
            <Time at={at} className="mono text-xs" />
          </dd>
          <dt className="text-muted">Who</dt>
          <dd>
            {actor.principal} from {actor.host}
            {actor.forwardedFor === undefined ? "" : `, which says for ${actor.forwardedFor}`}, by{" "}
            {actor.client === "" ? "an unnamed client" : actor.client}
          </dd>
          <dt className="text-muted">Through</dt>
          <dd>
            {actor.via === "admin" ? "the admin API" : `Kafka, listener ${actor.listener}`}, port{" "}
            {actor.port}
          </dd>
          <dt className="text-muted">Result</dt>
          <dd>
            <Badge tone={tone}>{text}</Badge> {result.message}
          </dd>
        </dl>
        <div>
          <h3 className="pb-1 text-sm font-semibold">Before and after</h3>
          <DiffTable before={from} after={to} differences={diffJson(from, to)} />
        </div>
        <details>
          <summary className="text-sm font-semibold">What was asked</summary>
          <pre className="mono mt-1 overflow-x-auto rounded bg-raised p-2 text-xs">
            {JSON.stringify(asked, null, 2)}
          </pre>
        </details>
      </div>
    </section>
  );
}
