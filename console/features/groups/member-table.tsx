"use client";
import type { Member } from "@runnel/contracts/groups.ts";
import type { ReactNode } from "react";
import { formatCount } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { LagEvents } from "../../ui/lag.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";

/** Who is in the group, and which partitions each was given. */
export function MemberTable({ members }: { readonly members: readonly Member[] }): ReactNode {
  return (
    <Table
      label="Members"
      head={
        <>
          <Th>Client</Th>
          <Th>Host</Th>
          <Th isRight>Partitions</Th>
          <Th>Which</Th>
          <Th isRight>Lag in events</Th>
          <Th>Member id</Th>
        </>
      }
    >
      {members.map((member) => (
        <Tr key={member.memberId}>
          <Td>
            <span className="flex items-center gap-1.5">
              <span className="font-medium">{member.clientId}</span>
              {member.isLeader && <Badge title="It gives out the partitions">leader</Badge>}
              {member.groupInstanceId !== null && (
                <Badge
                  tone="violet"
                  title="A static member: it may go and come back without a rebalance"
                >
                  {member.groupInstanceId}
                </Badge>
              )}
            </span>
          </Td>
          <Td isMono>{member.clientHost.replace(/^\//, "")}</Td>
          <Td isRight>{formatCount(partitionCountOf(member))}</Td>
          <Td className="whitespace-normal">
            <Assignments member={member} />
          </Td>
          <Td isRight>
            <LagEvents lag={member.lagEvents === null ? null : { events: member.lagEvents }} />
          </Td>
          <Td isMono className="max-w-64 truncate text-muted" title={member.memberId}>
            {member.memberId}
          </Td>
        </Tr>
      ))}
    </Table>
  );
}

function partitionCountOf({ assignments }: Member): number | null {
  return assignments?.reduce((sum, { partitions }) => sum + partitions.length, 0) ?? null;
}

function Assignments({ member: { assignments } }: { readonly member: Member }): ReactNode {
  if (assignments === null) return <span className="text-faint">not to be read</span>;
  if (assignments.length === 0) return <span className="text-faint">none</span>;
  return (
    <span className="flex flex-wrap gap-x-3">
      {assignments.map(({ topic, partitions }) => (
        <span key={topic}>
          {topic} <span className="mono text-xs text-muted">{toRanges(partitions)}</span>
        </span>
      ))}
    </span>
  );
}

/** `0–3, 7` for 0, 1, 2, 3 and 7. */
export function toRanges(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
}
