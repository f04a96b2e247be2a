import type { Metadata } from "next";
import type { ReactNode } from "react";
import { TopicList } from "../../../../features/topics/topic-list.tsx";

export const metadata: Metadata = { title: "Topics" };

export default function Page(): ReactNode {
  return <TopicList />;
}
