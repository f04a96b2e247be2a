import type { ReactNode } from "react";
import { TopicGroups } from "../../../../../../features/topics/topic-groups.tsx";
import { decodeSegment } from "../../../../../../lib/params.ts";

export default async function Page({
  params,
}: {
  readonly params: Promise<{ readonly topic: string }>;
}): Promise<ReactNode> {
  return <TopicGroups topic={decodeSegment((await params).topic)} />;
}
