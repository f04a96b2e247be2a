"use client";
/** How far the log of a partition is compacted: what is left to do, a pass under way, or why it stopped. */
import type { Compaction } from "@runnel/contracts/topics.ts";
import type { ReactNode } from "react";
import { formatBytes, formatCount, formatSpan } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";

export function CompactionCell({ of }: { readonly of: Compaction }): ReactNode {
  const { progress, failure, dirtyRatio } = of;
  if (failure !== null) {
    const isOver = failure.retryInMs === null;
    return (
      <Badge tone={isOver ? "bad" : "warn"} title={failureText(failure)}>
        {isOver ? "stopped" : "failed"}
      </Badge>
    );
  }
  if (progress !== null) {
    const done = progress.bytesTotal === 0 ? 0 : progress.bytesDone / progress.bytesTotal;
    return (
      <Badge tone="accent" title="Being compacted now">
        {percent(Math.min(done, 1))} done
      </Badge>
    );
  }
  return <span title={passText(of)}>{percent(dirtyRatio)}</span>;
}

/** Why it failed, and when it is tried again. */
function failureText({ reason, retryInMs }: NonNullable<Compaction["failure"]>): string {
  const when =
    retryInMs === null
      ? "It is left alone until the broker is started again."
      : `It is tried again in ${formatSpan(retryInMs)}.`;
  return `${reason}. ${when}`;
}

function passText({ lastPass, dirtyBytes }: Compaction): string {
  const due = `${formatBytes(dirtyBytes)} can be compacted.`;
  if (lastPass === null) return `${due} No pass since the broker started.`;
  const { bytesBefore, bytesAfter, recordsRemoved, tookMs } = lastPass;
  const sizes = `${formatBytes(bytesBefore)} became ${formatBytes(bytesAfter)}`;
  const removed = `${formatCount(recordsRemoved)} events removed`;
  return `${due} Last pass: ${sizes}, ${removed}, in ${formatSpan(tookMs)}.`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
