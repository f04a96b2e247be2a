"use client";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { Stats } from "../../ui/panel.tsx";
import { SparkStat } from "../../ui/sparkline.tsx";

/** What goes on now, each number with its last quarter of an hour; all lead to their charts. */
export function Traffic(): ReactNode {
  const href = useHref()("metrics");
  return (
    <Stats>
      <SparkStat
        href={href}
        label="Bytes in"
        unit="bytes/s"
        series="runnel_kafka_received_bytes_total:rate"
      />
      <SparkStat
        href={href}
        label="Bytes out"
        unit="bytes/s"
        series="runnel_kafka_sent_bytes_total:rate"
      />
      <SparkStat
        href={href}
        label="Produce, p99"
        unit="seconds"
        series="runnel_kafka_request_seconds:p99{=Produce}"
      />
      <SparkStat
        href={href}
        label="Fetch, p99 with waiting"
        unit="seconds"
        series="runnel_kafka_request_seconds:p99{=Fetch}"
      />
      <SparkStat
        href={href}
        label="Connections"
        unit="count"
        series="runnel_kafka_connections:value"
      />
    </Stats>
  );
}
