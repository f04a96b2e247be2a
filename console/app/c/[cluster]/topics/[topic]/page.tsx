import type { ReactNode } from "react";
import { TopicOverview } from "../../../../../features/topics/topic-overview.tsx";
import { decodeSegment } from "../../../../../lib/params.ts";

export default async function Page({
  params,
}: {
  readonly params: Promise<{ readonly topic: string }>;
}): Promise<ReactNode> {
  return <TopicOverview topic={decodeSegment((await params).topic)} />;
}
