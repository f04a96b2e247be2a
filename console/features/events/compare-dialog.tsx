/** Two events, and what is different between them. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { useQueries } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Empty, ProblemPanel } from "../../ui/states.tsx";
import { printRecord } from "./events-state.ts";
import { FactsDiff, IgnoredField, ValueDiff } from "./record-diff.tsx";
import { recordQuery } from "./record-query.ts";

interface CompareDialogProps {
  readonly topic: string;
  /** Two of them. */
  readonly records: readonly DecodedRecord[];
  readonly onClose: () => void;
}

/** What is different between two events, the earlier one first. */
export function CompareDialog({ topic, records, onClose }: CompareDialogProps): ReactNode {
  const ordered = records.toSorted(
    (a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0) || a.offset - b.offset,
  );
  const queries = useQueries({
    queries: ordered.map(({ partition, offset }) =>
      recordQuery({
        topic,
        partition,
        offset,
        keyDecoder: "auto",
        valueDecoder: "auto",
        isWhole: true,
      }),
    ),
  });
  const error = queries.find((query) => query.error !== null)?.error ?? null;
  const gone = queries.findIndex(({ data }) => data === null);
  const [before, after] = queries.map(({ data }) => data ?? null);
  const names = ordered.map(printRecord);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="large"
      title={`${names[0]} and ${names[1]}`}
      description="The earlier one stands first."
    >
      {error !== null ? (
        <ProblemPanel error={error} isInline />
      ) : gone >= 0 ? (
        <Empty title={`${names[gone]} is not there any more`}>
          It was deleted since the list was read.
        </Empty>
      ) : !before || !after ? (
        <Skeleton className="h-32" />
      ) : (
        <div className="flex flex-col gap-4">
          <IgnoredField />
          <section aria-label="Differences of the values">
            <h3 className="pb-1.5 text-sm font-semibold">Value</h3>
            <ValueDiff before={before} after={after} />
          </section>
          <section aria-label="The rest">
            <h3 className="pb-1.5 text-sm font-semibold">Key, headers, metadata</h3>
            <FactsDiff before={before} after={after} />
          </section>
        </div>
      )}
    </Dialog>
  );
}
