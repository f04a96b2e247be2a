/** All groups of consumers. */
"use client";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Layers } from "lucide-react";
import { useRouter } from "next/navigation";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type ReactNode, useMemo } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { askGroups, groupsQuery } from "../../lib/data/groups.ts";
import { listRefresh } from "../../lib/data/list-pages.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { bootstrapFlag } from "../../lib/snippets.ts";
import { CodeBlock } from "../../ui/copy.tsx";
import { CsvButton } from "../../ui/csv-button.tsx";
import { Select } from "../../ui/field.tsx";
import { FilterInput } from "../../ui/filter-input.tsx";
import { ListPage, useList } from "../../ui/list-page.tsx";
import { Empty } from "../../ui/states.tsx";
import { ViewsMenu } from "../../ui/views-menu.tsx";
import { groupColumns } from "./group-columns.tsx";

const SORTS = ["groupId", "state", "lag", "memberCount"] as const;
const STATES = [
  "Stable",
  "Empty",
  "PreparingRebalance",
  "CompletingRebalance",
  "Assigning",
  "Reconciling",
  "Dead",
] as const;
const PARSERS = {
  q: parseAsString.withDefault(""),
  state: parseAsStringLiteral(STATES),
  sort: parseAsStringLiteral(SORTS).withDefault("lag"),
  order: parseAsStringLiteral(["asc", "desc"]).withDefault("desc"),
};

export function GroupList(): ReactNode {
  const [{ q, state, sort, order }, setState] = useQueryStates(PARSERS, { history: "replace" });
  const href = useHref();
  const router = useRouter();
  const refreshMs = useRefreshMs();
  const params = {
    sort,
    order,
    ...(q === "" ? {} : { filter: q }),
    ...(state === null ? {} : { state }),
  };
  const query = useInfiniteQuery({
    ...groupsQuery(params),
    refetchInterval: listRefresh(refreshMs),
  });
  const list = useList(query);
  const columns = useMemo(() => groupColumns(href), [href]);
  return (
    <ListPage
      title="Groups"
      what="groups"
      list={list}
      filters={
        <>
          <FilterInput
            label="Filter groups"
            isInstant
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
            <option value="Assigning">KIP-848: assigning</option>
            <option value="Reconciling">KIP-848: reconciling</option>
          </Select>
        </>
      }
      tools={
        <>
          <ViewsMenu page="groups" />
          <CsvButton
            name="groups"
            columns={columns}
            ask={(cursor) => askGroups(params, cursor)}
            isDisabled={list.rows.length === 0}
          />
        </>
      }
      isFiltered={q !== "" || state !== null}
      onClear={() => void setState({ q: "", state: null })}
      empty={<FirstGroup />}
      grid={{
        label: "Groups",
        columns,
        keyOf: ({ groupId }) => groupId,
        onOpen: ({ groupId }) => router.push(href("groups", groupId)),
        sort: { by: sort, order },
        onSort: ({ by, order: next }) =>
          void setState({ sort: SORTS.find((one) => one === by) ?? "lag", order: next }),
      }}
    />
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
