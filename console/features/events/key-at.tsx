/** What a key was at a time. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { Preview } from "./event-columns.tsx";
import { printRecord } from "./events-state.ts";
import { isDeleted } from "./key-versions.ts";
import { versionAt } from "./keys-state.ts";
import { versionBeforeQuery } from "./version-query.ts";

interface KeyAtProps {
  readonly topic: string;
  readonly keyText: string;
  readonly at: number;
  readonly rows: readonly DecodedRecord[];
  /** Whether `rows` begin with the newest of all. */
  readonly hasNewest: boolean;
  /** Whether `rows` end with the first of all. */
  readonly hasFirst: boolean;
  readonly onOpen: (record: string) => void;
}

export function KeyAt(props: KeyAtProps): ReactNode {
  const { topic, keyText, at, rows, hasNewest, hasFirst, onOpen } = props;
  const known = hasNewest ? versionAt(rows, at) : null;
  const isKnown = known !== null || (hasNewest && hasFirst);
  const asked = useQuery({
    ...versionBeforeQuery(topic, keyText, `time:${at + 1}`),
    enabled: !isKnown,
  });
  const version = isKnown ? known : asked.data;
  if (!isKnown && asked.error !== null) {
    return (
      <div className="px-4 pb-2">
        <ProblemPanel error={asked.error} isInline onRetry={() => void asked.refetch()} />
      </div>
    );
  }
  return (
    <p
      role="status"
      className="mx-4 mb-2 flex min-h-8 items-center gap-2 rounded border border-line bg-accent-soft px-3 text-sm"
    >
      <span className="shrink-0">
        At <Time at={at} className="mono text-xs" />
      </span>
      {version === undefined ? (
        <span className="text-muted">is being looked up …</span>
      ) : version === null ? (
        <span>there was no such key that is still known.</span>
      ) : (
        <>
          <span className="shrink-0">{isDeleted(version) ? "it was deleted:" : "it was"}</span>
          <span className="min-w-0 truncate">
            <Preview payload={version.value} />
          </span>
          <Button
            look="ghost"
            className="mono ml-auto h-6 shrink-0 text-xs"
            onClick={() => onOpen(printRecord(version))}
          >
            {printRecord(version)}
          </Button>
        </>
      )}
    </p>
  );
}
