"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";

interface TopListProps<T> {
  readonly title: string;
  /** The way to the whole list. */
  readonly more: { readonly href: string; readonly text: string };
  readonly query: {
    readonly data: { readonly items: readonly T[] } | undefined;
    readonly error: Error | null;
  };
  /** In place of a table without rows. */
  readonly empty: string;
  readonly children: (rows: readonly T[]) => ReactNode;
}

/** The first few rows of a list, in a frame that is there before them. */
export function TopList<T>({ title, more, query, empty, children }: TopListProps<T>): ReactNode {
  const { data, error } = query;
  return (
    <Panel
      title={title}
      actions={
        <Link href={more.href} className="text-sm text-accent hover:underline">
          {more.text}
        </Link>
      }
      isFlush
    >
      {data !== undefined && data.items.length > 0 ? (
        children(data.items)
      ) : (
        <div className="p-3">
          {data !== undefined ? (
            <p className="text-muted">{empty}</p>
          ) : error === null ? (
            <Skeleton />
          ) : (
            <ProblemPanel error={error} isInline />
          )}
        </div>
      )}
    </Panel>
  );
}
