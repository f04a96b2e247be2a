/** Whether the broker answers, told once for all pages. */
"use client";
import { useQuery } from "@tanstack/react-query";
import { Unplug } from "lucide-react";
import type { ReactNode } from "react";
import { isUnreachable } from "../../lib/api.ts";
import { CLUSTER_REFRESH_MS, clusterQuery } from "../../lib/data/cluster.ts";
import { StatusDot, type Tone } from "../../ui/badge.tsx";
import { Time } from "../../ui/time.tsx";

export type Connection = "connecting" | "up" | "down";

export function useConnection(): { readonly state: Connection; readonly seenAt: number } {
  const { error, dataUpdatedAt, isSuccess } = useQuery(clusterQuery);
  const state = error !== null && isUnreachable(error) ? "down" : isSuccess ? "up" : "connecting";
  return { state, seenAt: dataUpdatedAt };
}

const LOOKS: Readonly<Record<Connection, readonly [Tone, string]>> = {
  connecting: ["neutral", "Connecting"],
  up: ["ok", "Connected"],
  down: ["bad", "Broker down"],
};

export function ConnectionState(): ReactNode {
  const { state } = useConnection();
  const [tone, text] = LOOKS[state];
  return (
    <span role="status" className="flex items-center gap-1.5 px-1 text-xs text-muted">
      <StatusDot tone={tone} isLive={state === "connecting"} />
      <span className="max-lg:sr-only">{text}</span>
    </span>
  );
}

/** Over everything while the broker is gone; goes by itself. */
export function ConnectionBanner(): ReactNode {
  const { state, seenAt } = useConnection();
  if (state !== "down") return null;
  return (
    <div
      role="alert"
      className="flex items-center gap-2 border-b border-bad/40 bg-bad-soft px-4 py-1.5 text-sm"
    >
      <Unplug className="size-4 shrink-0 text-bad" />
      <p>
        <strong className="font-semibold">The broker does not answer.</strong>{" "}
        {seenAt > 0 ? (
          <>
            What you see is from <Time at={seenAt} className="mono text-xs" />.{" "}
          </>
        ) : null}
        Trying again every {CLUSTER_REFRESH_MS / 1_000} s; this goes away by itself.
      </p>
    </div>
  );
}
