import type { Metadata } from "next";
import type { ReactNode } from "react";
import { ResetPage } from "../../../../../../features/groups/reset-page.tsx";
import { decodeSegment } from "../../../../../../lib/params.ts";

interface Props {
  readonly params: Promise<{ readonly group: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeSegment((await params).group) };
}

export default async function Page({ params }: Props): Promise<ReactNode> {
  return <ResetPage group={decodeSegment((await params).group)} />;
}
