import type { ReactNode } from "react";
import { KeysPage } from "../../../../../../features/events/keys-page.tsx";
import { decodeSegment } from "../../../../../../lib/params.ts";

export default async function Page({
  params,
}: {
  readonly params: Promise<{ readonly topic: string }>;
}): Promise<ReactNode> {
  return <KeysPage topic={decodeSegment((await params).topic)} />;
}
