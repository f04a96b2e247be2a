/** What the broker's numbers were: 24 hours by ten seconds, 30 days by five minutes. */
"use client";
import type { ReactNode } from "react";
import { FamilyChart, MetricChart } from "../../ui/metric-chart.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { TimeRangeControl, useTimeRange } from "../../ui/time-range-control.tsx";
import { TrafficCharts } from "../../ui/traffic-charts.tsx";

export function MetricsPage(): ReactNode {
  const time = useTimeRange();
  return (
    <>
      <PageHeader crumbs={[{ text: "Metrics" }]} actions={<TimeRangeControl state={time} />} />
      <div className="min-h-0 flex-1 overflow-y-auto px-4 pt-1 pb-8">
        <div className="grid gap-4 lg:grid-cols-2">
          <TrafficCharts time={time} />
          <MetricChart
            time={time}
            title="Time to answer a produce"
            unit="seconds"
            series={[
              ["runnel_kafka_request_seconds:p50{=Produce}", "p50"],
              ["runnel_kafka_request_seconds:p99{=Produce}", "p99"],
            ]}
          />
          <MetricChart
            time={time}
            title="Time to answer a fetch, waiting for events included"
            unit="seconds"
            series={[
              ["runnel_kafka_request_seconds:p50{=Fetch}", "p50"],
              ["runnel_kafka_request_seconds:p99{=Fetch}", "p99"],
            ]}
          />
          <FamilyChart
            time={time}
            title="Events out, by topic"
            unit="1/s"
            metric="runnel_topic_sent_events_total"
            statistic="rate"
          />
          <FamilyChart
            time={time}
            title="Requests, by API"
            unit="1/s"
            metric="runnel_kafka_requests_total"
            statistic="rate"
          />
          <FamilyChart
            time={time}
            title="Lag of groups in events"
            unit="count"
            metric="runnel_group_lag_events"
            statistic="value"
          />
          <FamilyChart
            time={time}
            title="Lag of groups in time"
            unit="seconds"
            metric="runnel_group_lag_seconds"
            statistic="value"
          />
          <FamilyChart
            time={time}
            title="Size on disk, by topic"
            unit="bytes"
            metric="runnel_topic_log_bytes"
            statistic="value"
          />
          <MetricChart
            time={time}
            title="Free on the disk"
            unit="bytes"
            series={[["runnel_disk_free_bytes:value", "free"]]}
          />
          <MetricChart
            time={time}
            title="Memory of the broker"
            unit="bytes"
            series={[["process_resident_memory_bytes:value", "resident"]]}
          />
          <MetricChart
            time={time}
            isPeak
            title="Delay of the event loop"
            unit="seconds"
            series={[["nodejs_eventloop_lag_p99_seconds:value", "p99"]]}
          />
          <MetricChart
            time={time}
            title="Connections"
            unit="count"
            series={[["runnel_kafka_connections:value", "open"]]}
          />
          <MetricChart
            time={time}
            title="Processor"
            unit="seconds/s"
            series={[["process_cpu_seconds_total:rate", "of one core"]]}
          />
        </div>
      </div>
    </>
  );
}
