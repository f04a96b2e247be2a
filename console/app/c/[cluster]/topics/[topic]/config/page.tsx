import type { ReactNode } from "react";
import { TopicConfig } from "../../../../../../features/topics/topic-config.tsx";
import { decodeSegment } from "../../../../../../lib/params.ts";

export default async function Page({
  params,
}: {
  readonly params: Promise<{ readonly topic: string }>;
}): Promise<ReactNode> {
  return <TopicConfig topic={decodeSegment((await params).topic)} />;
}
