import type { Metadata } from "next";
import type { ReactNode } from "react";
import { TopicFrame } from "../../../../../features/topics/topic-frame.tsx";
import { decodeSegment } from "../../../../../lib/params.ts";

interface Props {
  readonly params: Promise<{ readonly topic: string }>;
  readonly children: ReactNode;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeSegment((await params).topic) };
}

export default async function TopicLayout({ params, children }: Props): Promise<ReactNode> {
  return <TopicFrame topic={decodeSegment((await params).topic)}>{children}</TopicFrame>;
}
