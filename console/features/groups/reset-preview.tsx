"use client";
import type { OffsetChange } from "@runnel/contracts/groups.ts";
import type { ReactNode } from "react";
import { cn } from "../../lib/cn.ts";
import { formatCount, formatNumberOf } from "../../lib/format.ts";
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
          const by = movedBy(before.offset, after.offset);
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
                className={cn(
                  by === null || by === 0 ? "text-faint" : by < 0 ? "text-accent" : "text-warn",
                )}
              >
                {by !== null && by > 0 ? "+" : ""}
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
  return <p className="border-b border-line px-3 py-2 font-medium">{sentenceOf(changes)}</p>;
}

function sentenceOf(changes: readonly OffsetChange[]): string {
  const { repeated, skipped, moved, begun, refused } = sumUp(changes);
  const parts = [
    ...(repeated > 0 ? [`${eventsAre(repeated)} read again`] : []),
    ...(skipped > 0 ? [`${eventsAre(skipped)} skipped`] : []),
  ];
  const of = formatNumberOf(changes.length, "partition");
  const sentences = [
    ...(moved > 0 ? [`${parts.join(", ")}, in ${formatCount(moved)} of ${of}.`] : []),
    ...(begun > 0
      ? [`${formatCount(begun)} of ${of} ${begun === 1 ? "gets its" : "get their"} first offset.`]
      : []),
    ...(refused > 0 ? [`${formatCount(refused)} of ${of} cannot be moved.`] : []),
  ];
  return sentences.length === 0 ? "Nothing moves: it is there already." : sentences.join(" ");
}

function eventsAre(count: number): string {
  return `${formatNumberOf(count, "event")} ${count === 1 ? "is" : "are"}`;
}

interface Sum {
  readonly repeated: number;
  readonly skipped: number;
  /** Partitions that go on elsewhere than before. */
  readonly moved: number;
  /** Partitions for which nothing was committed before. */
  readonly begun: number;
  readonly refused: number;
}

function sumUp(changes: readonly OffsetChange[]): Sum {
  const sum = { repeated: 0, skipped: 0, moved: 0, begun: 0, refused: 0 };
  for (const { before, after, error } of changes) {
    const by = movedBy(before.offset, after.offset);
    if (error !== null) sum.refused += 1;
    else if (by === null) sum.begun += after.offset === null ? 0 : 1;
    else if (by !== 0) {
      sum.moved += 1;
      if (by < 0) sum.repeated -= by;
      else sum.skipped += by;
    }
  }
  return sum;
}

/** Null where there was nothing that could move, or nothing to move it to. */
function movedBy(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}
