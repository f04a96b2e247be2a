/** What goes in and out of the broker. */
"use client";
import type { ReactNode } from "react";
import { FamilyChart, MetricChart } from "./metric-chart.tsx";
import type { RangeState } from "./time-range-control.tsx";

/** Bytes from and to clients, and which topics events go into. */
export function TrafficCharts({ time }: { readonly time: RangeState }): ReactNode {
  return (
    <>
      <MetricChart
        time={time}
        title="Bytes from and to clients"
        unit="bytes/s"
        series={[
          ["runnel_kafka_received_bytes_total:rate", "in"],
          ["runnel_kafka_sent_bytes_total:rate", "out"],
        ]}
      />
      <FamilyChart
        time={time}
        title="Events in, by topic"
        unit="1/s"
        metric="runnel_topic_received_events_total"
        statistic="rate"
      />
    </>
  );
}
