"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { useQueries } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { diffJson } from "../../lib/json-diff.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { DiffTable } from "../../ui/diff-table.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { printRecord } from "./events-state.ts";
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
  const [before = null, after = null] = queries.map(({ data }) => data ?? null);
  const names = ordered.map(printRecord);
  return (
    <Dialog isOpen onClose={onClose} size="large" title={`${names[0]} and ${names[1]}`}>
      {error !== null ? (
        <ProblemPanel error={error} isInline />
      ) : before === null || after === null ? (
        <Skeleton className="h-32" />
      ) : (
        <DiffTable
          before={before.value.text}
          after={after.value.text}
          differences={diffJson(before.value.text, after.value.text)}
        />
      )}
    </Dialog>
  );
}
