/** What is open in one partition, beside the list. */
"use client";
import type { Producer } from "@runnel/contracts/transactions.ts";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { type ReactNode, useState } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { openProducersQuery } from "../../lib/data/transactions.ts";
import { formatCount } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Button } from "../../ui/button.tsx";
import { HangsBadge } from "../../ui/holder.tsx";
import { NameLink } from "../../ui/name-link.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Ago } from "../../ui/time.tsx";
import type { OpenPlace } from "./page-state.ts";

const AbortHangingDialog = dynamic(
  () => import("./abort-hanging-dialog.tsx").then((module) => module.AbortHangingDialog),
  { ssr: false },
);

interface HeldPanelProps {
  readonly place: OpenPlace;
  readonly onClose: () => void;
}

export function HeldPanel({ place, onClose }: HeldPanelProps): ReactNode {
  const { topic, partition } = place;
  const href = useHref();
  const refetchInterval = useRefreshMs();
  const query = useQuery({ ...openProducersQuery(topic, partition), refetchInterval });
  const { data, error } = query;
  const [aborting, setAborting] = useState<Producer | null>(null);
  return (
    <section
      aria-label="What is open in the partition"
      className="flex min-h-0 flex-1 flex-col bg-surface"
    >
      <header className="flex h-9 items-center justify-between border-b border-line pr-2 pl-3">
        <h2 className="truncate text-sm font-semibold">
          Open in{" "}
          <Link href={href("topics", topic, "partitions")} className="hover:underline">
            {topic}
          </Link>
          , partition {partition}
        </h2>
        <Button look="ghost" isIcon aria-label="Close the partition" onClick={onClose}>
          <X />
        </Button>
      </header>
      <div className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto p-3">
        {error !== null && (
          <ProblemPanel error={error} isInline onRetry={() => void query.refetch()} />
        )}
        {data === undefined && error === null && <Skeleton className="h-24 rounded-lg" />}
        {data?.items.length === 0 && (
          <p className="text-muted">
            No transaction is open here any more: readers of committed data have gone on.
          </p>
        )}
        {data?.items.map((producer, index) => (
          <OpenProducer
            key={producer.producerId}
            place={place}
            producer={producer}
            isFirst={index === 0}
            onAbort={() => setAborting(producer)}
          />
        ))}
        {data !== undefined && data.total > data.items.length && (
          <p className="text-muted">
            The first {formatCount(data.items.length)} of {formatCount(data.total)}.
          </p>
        )}
      </div>
      {aborting !== null && (
        <AbortHangingDialog
          place={place}
          producerId={aborting.producerId}
          onClose={() => setAborting(null)}
        />
      )}
    </section>
  );
}

interface OpenProducerProps {
  readonly place: OpenPlace;
  readonly producer: Producer;
  /** It is the one that readers wait for. */
  readonly isFirst: boolean;
  readonly onAbort: () => void;
}

function OpenProducer({ place, producer, isFirst, onAbort }: OpenProducerProps): ReactNode {
  const href = useHref();
  const { topic, partition } = place;
  const { transactionalId, producerId, producerEpoch, openFrom, isHanging } = producer;
  return (
    <article className="rounded-lg border border-line p-3">
      <header className="mb-2 flex items-center gap-2">
        {transactionalId === null ? (
          <span className="font-medium">Producer {producerId}</span>
        ) : (
          <NameLink href={href("transactions", transactionalId)}>{transactionalId}</NameLink>
        )}
        {isHanging === true && <HangsBadge />}
        {isHanging === true && (
          <Button look="danger" className="ml-auto" onClick={onAbort}>
            Abort here …
          </Button>
        )}
      </header>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
        <dt className="text-muted">Producer</dt>
        <dd className="mono text-xs leading-5">
          {producerId}, epoch {formatCount(producerEpoch)}
        </dd>
        <dt className="text-muted">First event</dt>
        <dd>
          {openFrom === null ? (
            "–"
          ) : (
            <Link
              href={`${href("topics", topic, "events")}?r=${partition}@${openFrom}`}
              className="mono text-xs text-accent hover:underline"
            >
              offset {formatCount(openFrom)}
            </Link>
          )}
          {isFirst && <span className="text-muted">, where readers of committed data wait</span>}
        </dd>
        <dt className="text-muted">Last written</dt>
        <dd>
          <Ago at={producer.lastWrittenAt} />
        </dd>
      </dl>
      <p className="mt-2 text-muted">{explain(isHanging)}</p>
    </article>
  );
}

function explain(isHanging: boolean | null): string {
  switch (isHanging) {
    case true:
      return "Nobody coordinates this transaction: it was ended elsewhere, or its id is forgotten. It stays open here until somebody aborts it.";
    case false:
      return "Its coordinator knows it: it ends with its producer, or after its timeout. It is aborted by its transactional id, in all its partitions at once.";
    default:
      return "Transactions are being loaded: whether anybody coordinates it is known in a moment.";
  }
}
