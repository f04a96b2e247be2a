import type { Metadata } from "next";
import type { ReactNode } from "react";
import { GroupDetail } from "../../../../../features/groups/group-detail.tsx";
import { decodeSegment } from "../../../../../lib/params.ts";

interface Props {
  readonly params: Promise<{ readonly group: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeSegment((await params).group) };
}

export default async function Page({ params }: Props): Promise<ReactNode> {
  return <GroupDetail group={decodeSegment((await params).group)} />;
}
