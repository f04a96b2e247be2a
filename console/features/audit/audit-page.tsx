/** Who changed what, and what it was before. */
"use client";
import type { AuditEntry } from "@runnel/contracts/audit.ts";
import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import type { ReactNode } from "react";
import { api } from "../../lib/api.ts";
import { OPERATIONS } from "../../lib/audit-words.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { CsvButton } from "../../ui/csv-button.tsx";
import { Select } from "../../ui/field.tsx";
import { FilterInput } from "../../ui/filter-input.tsx";
import { ListPage, useList } from "../../ui/list-page.tsx";
import { Empty } from "../../ui/states.tsx";
import { ViewsMenu } from "../../ui/views-menu.tsx";
import { AUDIT_COLUMNS, FILE_COLUMNS } from "./audit-columns.tsx";
import { OPERATION_NAMES, parseResource, printResource, useAuditState } from "./audit-state.ts";
import { OpenEntry } from "./open-entry.tsx";
import { ResourceFilter } from "./resource-filter.tsx";

const PAGE_ROWS = 100;
const FILE_PAGE_ROWS = 200;

type AuditFilter = NonNullable<NonNullable<Parameters<typeof api.listAudit>[0]>["query"]>;

const askAudit = (filter: AuditFilter, cursor: string | null, signal?: AbortSignal) =>
  api.listAudit(
    { query: { ...filter, ...(cursor === null ? {} : { cursor }) } },
    signal === undefined ? {} : { signal },
  );

const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam, signal }) =>
      askAudit({ ...filter, limit: PAGE_ROWS }, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
  });

export function AuditPage(): ReactNode {
  const [{ resource: asked, actor, operation, r }, setState] = useAuditState();
  const resource = printResource(parseResource(asked));
  const filter: AuditFilter = {
    ...(resource === null ? {} : { resource }),
    ...(actor === "" ? {} : { actor }),
    ...(operation === null ? {} : { operation }),
  };
  const refetchInterval = useRefreshMs();
  const list = useList(useInfiniteQuery({ ...auditQuery(filter), refetchInterval }));
  const move = ({ offset }: AuditEntry): void => void setState({ r: offset });
  return (
    <ListPage
      title="Audit"
      what="entries"
      list={list}
      filters={
        <>
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
          <ResourceFilter
            key={resource ?? ""}
            resource={resource}
            onChange={(next) => void setState({ resource: next })}
          />
        </>
      }
      tools={
        <>
          <ViewsMenu page="audit" />
          <CsvButton
            name="entries"
            columns={FILE_COLUMNS}
            ask={(cursor) => askAudit({ ...filter, limit: FILE_PAGE_ROWS }, cursor)}
            isDisabled={list.rows.length === 0}
          />
        </>
      }
      isFiltered={Object.keys(filter).length > 0}
      onClear={() => void setState({ actor: "", operation: null, resource: null })}
      empty={
        <Empty icon={<ScrollText />} title="Nothing was changed yet">
          Every administrative change stands here, whichever way it came: who, from where, what it
          was before and what it is now.
        </Empty>
      }
      grid={{
        label: "Changes",
        columns: AUDIT_COLUMNS,
        keyOf: ({ offset }) => String(offset),
        onOpen: move,
        ...(r === null ? {} : { onMove: move }),
        openKey: r === null ? null : String(r),
      }}
      side={
        r === null ? null : (
          <OpenEntry list={list} offset={r} onClose={() => void setState({ r: null })} />
        )
      }
    />
  );
}
