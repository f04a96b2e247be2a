"use client";
import type { TopicGroup } from "@runnel/contracts/topics.ts";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { formatCount, formatLag } from "../../lib/format.ts";
import { GroupStateBadge } from "../../ui/group-state.tsx";
import { LagEvents } from "../../ui/lag.tsx";
import { NameLink } from "../../ui/name-link.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";

/** Groups that read a topic. */
export function GroupTable({ groups }: { readonly groups: readonly TopicGroup[] }): ReactNode {
  const href = useHref();
  return (
    <Table
      label="Groups that read this topic"
      head={
        <>
          <Th>Group</Th>
          <Th>State</Th>
          <Th isRight>Members here</Th>
          <Th isRight>Partitions committed</Th>
          <Th isRight>Lag in events</Th>
          <Th isRight>Lag in time</Th>
        </>
      }
    >
      {groups.map(({ groupId, state, memberCount, committedCount, lag }) => (
        <Tr key={groupId}>
          <Td>
            <NameLink href={href("groups", groupId)}>{groupId}</NameLink>
          </Td>
          <Td>
            <GroupStateBadge state={state} />
          </Td>
          <Td isRight>{formatCount(memberCount)}</Td>
          <Td isRight>{formatCount(committedCount)}</Td>
          <Td isRight>
            <LagEvents lag={lag} />
          </Td>
          <Td isRight>{formatLag(lag)}</Td>
        </Tr>
      ))}
    </Table>
  );
}
