"use client";
import type { OffsetChange } from "@runnel/contracts/groups.ts";
import type { ReactNode } from "react";
import { cn } from "../../lib/cn.ts";
import { formatCount } from "../../lib/format.ts";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";

interface ResetPreviewProps {
  readonly isComplete: boolean;
  readonly changes: readonly OffsetChange[] | undefined;
  readonly error: unknown;
}

/** Before → After for every partition, in words at the top and in numbers below. */
export function ResetPreview({ isComplete, changes, error }: ResetPreviewProps): ReactNode {
  if (!isComplete) return <p className="p-3 text-muted">Say where to, and it shows here.</p>;
  if (error !== null) {
    return (
      <div className="p-3">
        <ProblemPanel error={error} isInline />
      </div>
    );
  }
  if (changes === undefined) {
    return (
      <div className="p-3">
        <Skeleton />
      </div>
    );
  }
  return (
    <>
      <Summary changes={changes} />
      <Table
        label="Before and after"
        head={
          <>
            <Th>Topic</Th>
            <Th isRight>Partition</Th>
            <Th isRight>Before</Th>
            <Th isRight>After</Th>
            <Th isRight>Moves by</Th>
            <Th isRight>Lag before</Th>
            <Th isRight>Lag after</Th>
            <Th>Note</Th>
          </>
        }
      >
        {changes.map(({ topic, partition, before, after, note, error: problem }) => {
          const by = (after.offset ?? 0) - (before.offset ?? 0);
          return (
            <Tr key={`${topic}/${partition}`}>
              <Td className="font-medium">{topic}</Td>
              <Td isRight>{partition}</Td>
              <Td isRight className="text-muted">
                {formatCount(before.offset)}
              </Td>
              <Td isRight className="font-medium">
                {formatCount(after.offset)}
              </Td>
              <Td
                isRight
                className={cn(by < 0 ? "text-accent" : by > 0 ? "text-warn" : "text-faint")}
              >
                {by > 0 ? "+" : ""}
                {formatCount(by)}
              </Td>
              <Td isRight className="text-muted">
                {formatCount(before.lag)}
              </Td>
              <Td isRight>{formatCount(after.lag)}</Td>
              <Td className={problem === null ? "text-muted" : "text-bad"}>
                {problem ?? note ?? ""}
              </Td>
            </Tr>
          );
        })}
      </Table>
    </>
  );
}

function Summary({ changes }: { readonly changes: readonly OffsetChange[] }): ReactNode {
  const { repeated, skipped, moved } = sumUp(changes);
  const parts = [
    ...(repeated > 0 ? [`${formatCount(repeated)} events are read again`] : []),
    ...(skipped > 0 ? [`${formatCount(skipped)} events are skipped`] : []),
  ];
  return (
    <p className="border-b border-line px-3 py-2 font-medium">
      {moved === 0
        ? "Nothing moves: it is there already."
        : `${parts.join(", ")}, in ${formatCount(moved)} of ${formatCount(changes.length)} partitions.`}
    </p>
  );
}

interface Sum {
  readonly repeated: number;
  readonly skipped: number;
  readonly moved: number;
}

function sumUp(changes: readonly OffsetChange[]): Sum {
  let repeated = 0;
  let skipped = 0;
  let moved = 0;
  for (const { before, after } of changes) {
    if (after.offset === before.offset || after.offset === null) continue;
    moved += 1;
    // Without a committed offset the lag tells how much there is to be read.
    const by = before.offset === null ? 0 : after.offset - before.offset;
    if (by < 0) repeated -= by;
    else skipped += by;
  }
  return { repeated, skipped, moved };
}
