"use client";
import { useQuery } from "@tanstack/react-query";
import { Layers } from "lucide-react";
import type { ReactNode } from "react";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { topicGroupsQuery } from "../../lib/data/topics.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { bootstrapFlag, shellQuote } from "../../lib/snippets.ts";
import { CodeBlock } from "../../ui/copy.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Empty, ProblemPanel } from "../../ui/states.tsx";
import { GroupTable } from "./group-table.tsx";

export function TopicGroups({ topic }: { readonly topic: string }): ReactNode {
  const refetchInterval = useRefreshMs();
  const { data, error, refetch, isFetching } = useQuery({
    ...topicGroupsQuery(topic),
    refetchInterval,
  });
  const bootstrap = useQuery(clusterQuery).data?.bootstrap[0] ?? "127.0.0.1:9092";
  if (data === undefined) {
    return error === null ? (
      <SkeletonRows count={5} />
    ) : (
      <ProblemPanel error={error} onRetry={() => void refetch()} isRetrying={isFetching} />
    );
  }
  if (data.items.length === 0) {
    return (
      <Empty icon={<Layers />} title="No group reads this topic">
        <p className="mb-4">
          A group of consumers shares the partitions of a topic and remembers how far it has got.
          Start one, and it shows here with its lag:
        </p>
        <CodeBlock
          code={`npx runnel consume ${shellQuote(topic)} --group my-group${bootstrapFlag(bootstrap)}`}
        />
      </Empty>
    );
  }
  return (
    <div className="min-h-0 flex-1 overflow-y-auto bg-surface">
      <GroupTable groups={data.items} />
    </div>
  );
}
