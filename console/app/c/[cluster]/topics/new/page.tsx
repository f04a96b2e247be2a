import type { Metadata } from "next";
import type { ReactNode } from "react";
import { TopicCreate } from "../../../../../features/topics/topic-create.tsx";

export const metadata: Metadata = { title: "Create a topic" };

export default function Page(): ReactNode {
  return <TopicCreate />;
}
