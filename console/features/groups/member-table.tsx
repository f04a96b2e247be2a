"use client";
import type { GroupType, Member } from "@runnel/contracts/groups.ts";
import type { ReactNode } from "react";
import { formatCount } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { LagEvents } from "../../ui/lag.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";

/**
 * Who is in the group, and which partitions each was given; of the consumer protocol also its epoch and
 * what it is to have in the end.
 */
export function MemberTable({
  members,
  type,
}: {
  readonly members: readonly Member[];
  readonly type: GroupType;
}): ReactNode {
  const hasEpochs = type === "consumer";
  return (
    <Table
      label="Members"
      head={
        <>
          <Th>Client</Th>
          <Th>Host</Th>
          <Th isRight>Partitions</Th>
          <Th>Which</Th>
          {hasEpochs && <Th>To have</Th>}
          {hasEpochs && <Th isRight>Epoch</Th>}
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
              {hasEpochs && member.protocol === "classic" && (
                <Badge title="It still speaks the classic protocol">classic</Badge>
              )}
              <Pattern member={member} />
            </span>
          </Td>
          <Td isMono>{member.clientHost.replace(/^\//, "")}</Td>
          <Td isRight>{formatCount(partitionCountOf(member))}</Td>
          <Td className="whitespace-normal">
            <Assignments places={member.assignments} />
          </Td>
          {hasEpochs && (
            <Td className="whitespace-normal">
              <Target member={member} />
            </Td>
          )}
          {hasEpochs && <Td isRight>{formatEpoch(member.memberEpoch)}</Td>}
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

function Pattern({ member: { subscription } }: { readonly member: Member }): ReactNode {
  const regex = subscription?.regex ?? null;
  if (regex === null) return null;
  return (
    <Badge title="It reads the topics whose names match">
      <span className="mono">{regex}</span>
    </Badge>
  );
}

/** Of a static member that is away its epoch is a sign, not a number. */
function formatEpoch(epoch: number | null): string {
  if (epoch === null) return "–";
  return epoch < 0 ? "away" : formatCount(epoch);
}

/** Said only where the member is not there yet. */
function Target({ member: { assignments, targets } }: { readonly member: Member }): ReactNode {
  if (JSON.stringify(targets) === JSON.stringify(assignments)) {
    return <span className="text-faint">the same</span>;
  }
  return <Assignments places={targets} />;
}

function Assignments({ places }: { readonly places: Member["assignments"] }): ReactNode {
  if (places === null) return <span className="text-faint">not to be read</span>;
  if (places.length === 0) return <span className="text-faint">none</span>;
  return (
    <span className="flex flex-wrap gap-x-3">
      {places.map(({ topic, partitions }) => (
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
