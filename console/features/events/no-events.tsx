"use client";
import { useQuery } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { kcatProduce, produceCommand } from "../../lib/snippets.ts";
import { buttonClass } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Empty } from "../../ui/states.tsx";

/** A topic without events: how to get the first one into it. */
export function NoEvents({ topic }: { readonly topic: string }): ReactNode {
  const href = useHref();
  const bootstrap = useQuery(clusterQuery).data?.bootstrap[0] ?? "127.0.0.1:9092";
  return (
    <Empty
      icon={<Inbox />}
      title="No events yet"
      actions={
        <Link
          href={`${href("produce")}?topic=${encodeURIComponent(topic)}`}
          className={buttonClass("primary")}
        >
          Produce an event
        </Link>
      }
    >
      <p className="mb-3">Produce one here, or with any client:</p>
      <div className="flex flex-col gap-2">
        <CodeBlock code={produceCommand(topic, bootstrap)} />
        <CodeBlock code={kcatProduce(topic, bootstrap)} />
      </div>
    </Empty>
  );
}
