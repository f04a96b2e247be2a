"use client";
import type { AuditEntry } from "@runnel/contracts/audit.ts";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../lib/api.ts";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Entry, EntryFrame } from "./audit-entry.tsx";

interface OpenEntryProps {
  readonly list: { readonly rows: readonly AuditEntry[]; readonly isPending: boolean };
  readonly offset: number;
  readonly onClose: () => void;
}

/** The change that the address names, whether the list has come to it or not. */
export function OpenEntry({ list, offset, onClose }: OpenEntryProps): ReactNode {
  const listed = list.rows.find((entry) => entry.offset === offset);
  const { data, error, isPending, isFetching, refetch } = useQuery({
    queryKey: ["audit-entry", offset],
    queryFn: async ({ signal }) => {
      const { items } = await api.listAudit({ query: { offset } }, { signal });
      return items[0] ?? null;
    },
    enabled: listed === undefined && !list.isPending,
  });
  const entry = listed ?? data ?? null;
  if (entry !== null) return <Entry entry={entry} onClose={onClose} />;
  return (
    <EntryFrame title={`Change ${offset}`} onClose={onClose}>
      <div className="p-3">
        {error !== null ? (
          <ProblemPanel
            error={error}
            isInline
            onRetry={() => void refetch()}
            isRetrying={isFetching}
          />
        ) : isPending ? (
          <Skeleton />
        ) : (
          <p className="text-muted">
            There is no such change. It may have gone with the oldest ones.
          </p>
        )}
      </div>
    </EntryFrame>
  );
}
