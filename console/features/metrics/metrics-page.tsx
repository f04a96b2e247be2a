/** What the broker's numbers were: 24 hours by ten seconds, 30 days by five minutes. */
"use client";
import type { ReactNode } from "react";
import { FamilyChart, MetricChart } from "../../ui/metric-chart.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { TimeRangeControl, useTimeRange } from "../../ui/time-range-control.tsx";

export function MetricsPage(): ReactNode {
  const state = useTimeRange();
  const shared = { range: state.range, onZoom: state.setRange };
  return (
    <>
      <PageHeader crumbs={[{ text: "Metrics" }]} actions={<TimeRangeControl state={state} />} />
      <div className="min-h-0 flex-1 overflow-y-auto px-4 pt-1 pb-8">
        <div className="grid gap-4 lg:grid-cols-2">
          <MetricChart
            {...shared}
            title="Bytes from and to clients"
            unit="bytes/s"
            series={[
              ["runnel_kafka_received_bytes_total:rate", "in"],
              ["runnel_kafka_sent_bytes_total:rate", "out"],
            ]}
          />
          <FamilyChart
            {...shared}
            title="Events in, by topic"
            unit="1/s"
            metric="runnel_topic_received_events_total"
            statistic="rate"
          />
          <MetricChart
            {...shared}
            title="Time to answer a produce"
            unit="seconds"
            series={[
              ["runnel_kafka_request_seconds:p50{=Produce}", "p50"],
              ["runnel_kafka_request_seconds:p99{=Produce}", "p99"],
            ]}
          />
          <FamilyChart
            {...shared}
            title="Events out, by topic"
            unit="1/s"
            metric="runnel_topic_sent_events_total"
            statistic="rate"
          />
          <FamilyChart
            {...shared}
            title="Requests, by API"
            unit="1/s"
            metric="runnel_kafka_requests_total"
            statistic="rate"
          />
          <FamilyChart
            {...shared}
            title="Lag of groups in events"
            unit="count"
            metric="runnel_group_lag_events"
            statistic="value"
          />
          <FamilyChart
            {...shared}
            title="Size on disk, by topic"
            unit="bytes"
            metric="runnel_topic_log_bytes"
            statistic="value"
          />
          <MetricChart
            {...shared}
            title="Free on the disk"
            unit="bytes"
            series={[["runnel_disk_free_bytes:value", "free"]]}
          />
          <MetricChart
            {...shared}
            title="Memory of the broker"
            unit="bytes"
            series={[["process_resident_memory_bytes:value", "resident"]]}
          />
          <MetricChart
            {...shared}
            isPeak
            title="Delay of the event loop"
            unit="seconds"
            series={[["nodejs_eventloop_lag_p99_seconds:value", "p99"]]}
          />
          <MetricChart
            {...shared}
            title="Connections"
            unit="count"
            series={[["runnel_kafka_connections:value", "open"]]}
          />
          <MetricChart
            {...shared}
            title="Processor"
            unit="seconds/s"
            series={[["process_cpu_seconds_total:rate", "of one core"]]}
          />
        </div>
      </div>
    </>
  );
}
