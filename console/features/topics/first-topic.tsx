"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus, Rows3 } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { bootstrapFlag } from "../../lib/snippets.ts";
import { buttonClass } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Empty } from "../../ui/states.tsx";

/** No topic yet: what one is, and two ways to the first. */
export function FirstTopic(): ReactNode {
  const href = useHref();
  const bootstrap = useQuery(clusterQuery).data?.bootstrap[0] ?? "127.0.0.1:9092";
  return (
    <Empty
      icon={<Rows3 />}
      title="No topics yet"
      actions={
        <Link href={href("topics", "new")} className={buttonClass("primary")}>
          <Plus /> Create a topic
        </Link>
      }
    >
      <p className="mb-4">
        A topic is a log of events that producers append to and any number of consumers read, each
        at its own pace. Create one here, or from a terminal:
      </p>
      <CodeBlock
        code={`npx runnel topic create orders --partitions 3${bootstrapFlag(bootstrap)}`}
      />
    </Empty>
  );
}
