import type { ReactNode } from "react";
import { EventsPage } from "../../../../../../features/events/events-page.tsx";
import { decodeSegment } from "../../../../../../lib/params.ts";

export default async function Page({
  params,
}: {
  readonly params: Promise<{ readonly topic: string }>;
}): Promise<ReactNode> {
  return <EventsPage topic={decodeSegment((await params).topic)} />;
}
