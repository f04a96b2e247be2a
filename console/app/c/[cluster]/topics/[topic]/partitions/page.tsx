import type { ReactNode } from "react";
import { TopicPartitions } from "../../../../../../features/topics/topic-partitions.tsx";
import { decodeSegment } from "../../../../../../lib/params.ts";

export default async function Page({
  params,
}: {
  readonly params: Promise<{ readonly topic: string }>;
}): Promise<ReactNode> {
  return <TopicPartitions topic={decodeSegment((await params).topic)} />;
}
