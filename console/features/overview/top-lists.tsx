"use client";
import { queryOptions, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { api } from "../../lib/api.ts";
import { useHref } from "../../lib/cluster.tsx";
import { groupKeys } from "../../lib/data/groups.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { formatBytes, formatCount, formatSpan } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { GroupStateBadge } from "../../ui/group-state.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { Ago } from "../../ui/time.tsx";

const ROWS = 5;

const busiestTopics = queryOptions({
  queryKey: [...topicKeys.all, "top"],
  queryFn: ({ signal }) =>
    api.listTopics({ query: { limit: ROWS, sort: "lastEventAt", order: "desc" } }, { signal }),
});

const slowestGroups = queryOptions({
  queryKey: [...groupKeys.all, "top"],
  queryFn: ({ signal }) =>
    api.listGroups({ query: { limit: ROWS, sort: "lag", order: "desc" } }, { signal }),
});

/** Where something happens, and who is behind. */
export function TopLists(): ReactNode {
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <RecentTopics />
      <SlowestGroups />
    </div>
  );
}

function MoreLink({ href, text }: { readonly href: string; readonly text: string }): ReactNode {
  return (
    <Link href={href} className="text-sm text-accent hover:underline">
      {text}
    </Link>
  );
}

function RecentTopics(): ReactNode {
  const href = useHref();
  const refetchInterval = useRefreshMs();
  const { data } = useQuery({ ...busiestTopics, refetchInterval });
  return (
    <Panel
      title="Topics with the newest events"
      actions={<MoreLink href={href("topics")} text="All topics" />}
      isFlush
    >
      {data === undefined ? (
        <div className="p-3">
          <Skeleton />
        </div>
      ) : (
        <Table
          label="Topics with the newest events"
          head={
            <>
              <Th>Topic</Th>
              <Th isRight>Events</Th>
              <Th isRight>Size</Th>
              <Th isRight>Last event</Th>
            </>
          }
        >
          {data.items.map(({ name, eventCount, sizeBytes, lastEventAt }) => (
            <Tr key={name}>
              <Td className="max-w-64 truncate">
                <Link
                  href={href("topics", name)}
                  className="font-medium hover:text-accent hover:underline"
                >
                  {name}
                </Link>
              </Td>
              <Td isRight>{formatCount(eventCount)}</Td>
              <Td isRight>{formatBytes(sizeBytes)}</Td>
              <Td isRight>
                <Ago at={lastEventAt} />
              </Td>
            </Tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

function SlowestGroups(): ReactNode {
  const href = useHref();
  const refetchInterval = useRefreshMs();
  const { data } = useQuery({ ...slowestGroups, refetchInterval });
  return (
    <Panel
      title="Groups that are furthest behind"
      actions={<MoreLink href={href("groups")} text="All groups" />}
      isFlush
    >
      {data === undefined ? (
        <div className="p-3">
          <Skeleton />
        </div>
      ) : data.items.length === 0 ? (
        <p className="p-3 text-muted">No group has read anything yet.</p>
      ) : (
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
          {data.items.map(({ groupId, state, lag: { events, seconds } }) => (
            <Tr key={groupId}>
              <Td className="max-w-64 truncate">
                <Link
                  href={href("groups", groupId)}
                  className="font-medium hover:text-accent hover:underline"
                >
                  {groupId}
                </Link>
              </Td>
              <Td>
                <GroupStateBadge state={state} />
              </Td>
              <Td isRight className={events > 0 ? "text-warn" : ""}>
                {formatCount(events)}
              </Td>
              <Td isRight>{seconds === null ? "–" : formatSpan(seconds * 1_000)}</Td>
            </Tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}
