"use client";
import { queryOptions, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../lib/api.ts";
import { useHref } from "../../lib/cluster.tsx";
import { groupKeys } from "../../lib/data/groups.ts";
import { useTopMembers } from "../../lib/data/top-members.ts";
import { formatLag } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { resolveRange } from "../../lib/time-range.ts";
import { GroupStateBadge } from "../../ui/group-state.tsx";
import { LagEvents } from "../../ui/lag.tsx";
import { NameLink } from "../../ui/name-link.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { useNow } from "../../ui/time.tsx";
import { TopList } from "./top-list.tsx";

const ROWS = 5;
/** Those that were busy a moment ago do not change places all the time. */
const RANKING_STEP_MS = 60_000;

const slowestGroups = queryOptions({
  queryKey: [...groupKeys.all, "top"],
  queryFn: ({ signal }) =>
    api.listGroups({ query: { limit: ROWS, sort: "lag", order: "desc" } }, { signal }),
});

/** Where something happens, and who is behind. */
export function TopLists(): ReactNode {
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <BusiestTopics />
      <SlowestGroups />
    </div>
  );
}

function BusiestTopics(): ReactNode {
  const href = useHref();
  const now = Math.floor(useNow() / RANKING_STEP_MS) * RANKING_STEP_MS;
  const range = now === 0 ? null : resolveRange("15m", now, RANKING_STEP_MS);
  const top = useTopMembers("runnel_topic_received_bytes_total", "rate", range, ROWS);
  return (
    <TopList
      title="Topics that grow most"
      more={{ href: href("topics"), text: "All topics" }}
      query={{ data: top === null ? undefined : { items: top }, error: null }}
      empty="No events came in the last quarter of an hour."
    >
      {(rows) => (
        <Table
          label="Topics that grow most"
          head={
            <>
              <Th>Topic</Th>
              <Th isRight>Events in</Th>
              <Th isRight>Bytes in</Th>
            </>
          }
        >
          {rows.map(({ member, series }) => (
            <Tr key={member}>
              <Td className="w-full max-w-0 truncate" title={member}>
                <NameLink href={href("topics", member)}>{member}</NameLink>
              </Td>
              <Td isRight>
                <Sparkline
                  series={`runnel_topic_received_events_total:rate{=${member}}`}
                  unit="1/s"
                />
              </Td>
              <Td isRight>
                <Sparkline series={series} unit="bytes/s" />
              </Td>
            </Tr>
          ))}
        </Table>
      )}
    </TopList>
  );
}

function SlowestGroups(): ReactNode {
  const href = useHref();
  const refetchInterval = useRefreshMs();
  const query = useQuery({ ...slowestGroups, refetchInterval });
  return (
    <TopList
      title="Groups that are furthest behind"
      more={{ href: `${href("groups")}?sort=lag&order=desc`, text: "All groups" }}
      query={query}
      empty="No group has read anything yet."
    >
      {(rows) => (
        <Table
          label="Groups that are furthest behind"
          head={
            <>
              <Th>Group</Th>
              <Th>State</Th>
              <Th isRight>Lag in events</Th>
              <Th isRight>Lag in time</Th>
            </>
          }
        >
          {rows.map(({ groupId, state, lag }) => (
            <Tr key={groupId}>
              <Td className="w-full max-w-0 truncate" title={groupId}>
                <NameLink href={href("groups", groupId)}>{groupId}</NameLink>
              </Td>
              <Td>
                <GroupStateBadge state={state} />
              </Td>
              <Td isRight>
                <LagEvents lag={lag} />
              </Td>
              <Td isRight>{formatLag(lag)}</Td>
            </Tr>
          ))}
        </Table>
      )}
    </TopList>
  );
}
