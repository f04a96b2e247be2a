/** Whose open transaction a partition waits for. */
"use client";
import type { ReactNode } from "react";
import { useHref } from "../lib/cluster.tsx";
import { Badge } from "./badge.tsx";
import { NameLink } from "./name-link.tsx";

export interface HolderProps {
  readonly topic: string;
  readonly partition: number;
  readonly holder: {
    readonly producerId: string;
    readonly transactionalId: string | null;
    readonly isHanging: boolean | null;
  };
  /** Reached by the keys of the grid, not by Tab. */
  readonly isInGrid?: boolean;
}

/** Leads to the transaction; of one that nobody coordinates, to the partition in which it hangs. */
export function HolderLink({ topic, partition, holder, isInGrid = false }: HolderProps): ReactNode {
  const href = useHref();
  const { producerId, transactionalId, isHanging } = holder;
  if (transactionalId !== null) {
    return (
      <NameLink isInGrid={isInGrid} href={href("transactions", transactionalId)}>
        {transactionalId}
      </NameLink>
    );
  }
  return (
    <span className="inline-flex min-w-0 items-center gap-1.5">
      <NameLink isInGrid={isInGrid} href={heldHref(href("transactions"), topic, partition)}>
        producer {producerId}
      </NameLink>
      {isHanging === true && <HangsBadge />}
    </span>
  );
}

export function HangsBadge(): ReactNode {
  return (
    <Badge tone="bad" title="Nobody coordinates this transaction: it does not end by itself">
      hangs
    </Badge>
  );
}

/** The partition among those that are held, opened. */
export function heldHref(transactions: string, topic: string, partition: number): string {
  const query = new URLSearchParams({ show: "held", at: `${topic}/${partition}` });
  return `${transactions}?${query.toString()}`;
}
