/** Which versions of a key the topic may have let go. */
"use client";
import { useQuery } from "@tanstack/react-query";
import { Info } from "lucide-react";
import type { ReactNode } from "react";
import { topicQuery } from "../../lib/data/topics.ts";
import { formatBytes, formatRetention } from "../../lib/format.ts";
import { Time } from "../../ui/time.tsx";

const NO_LIMIT = "-1";

export function KeyNote({ topic }: { readonly topic: string }): ReactNode {
  const { data } = useQuery(topicQuery(topic));
  if (data === undefined) return null;
  const { cleanupPolicy, retentionMs, retentionBytes, oldestEventAt } = data;
  const policies = cleanupPolicy.split(",");
  const isCompacted = policies.includes("compact");
  const limits = policies.includes("delete")
    ? [
        ...(retentionMs === NO_LIMIT ? [] : [formatRetention(retentionMs)]),
        ...(retentionBytes === NO_LIMIT
          ? []
          : [`${formatBytes(Number(retentionBytes))} a partition`]),
      ]
    : [];
  if (!isCompacted && limits.length === 0) return null;
  return (
    <p className="flex items-center gap-1.5 px-4 pb-2 text-xs text-muted">
      <Info className="size-3.5 shrink-0" />
      <span>
        {isCompacted && (
          <>
            The topic is compacted: of the versions before the latest one, any may be compacted
            away, and the gaps between offsets do not tell how many.{" "}
          </>
        )}
        {limits.length > 0 && (
          <>
            The topic keeps {limits.join(" and ")}: versions
            {oldestEventAt === null ? (
              " before that"
            ) : (
              <>
                {" "}
                before <Time at={oldestEventAt} className="mono" />
              </>
            )}{" "}
            may have been deleted.
          </>
        )}
      </span>
    </p>
  );
}
