/** One topic at a glance. */
"use client";
import type { Topic } from "@runnel/contracts/topics.ts";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { topicConfigsQuery, topicGroupsQuery, topicQuery } from "../../lib/data/topics.ts";
import { formatBytes, formatCount, formatNumberOf, formatRetention } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { describeAmount, SIZES } from "../../lib/quantity.ts";
import { consumeCommand, kcatConsume, kcatProduce, produceCommand } from "../../lib/snippets.ts";
import { Badge } from "../../ui/badge.tsx";
import { describeValue } from "../../ui/config-input.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { MetricChart } from "../../ui/metric-chart.tsx";
import { Panel, Stat, Stats } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Ago, Time } from "../../ui/time.tsx";
import { TimedCharts } from "../../ui/timed-charts.tsx";
import { EventCount } from "./columns.tsx";
import { GroupTable } from "./group-table.tsx";

export function TopicOverview({ topic }: { readonly topic: string }): ReactNode {
  const { data } = useQuery(topicQuery(topic));
  if (data === undefined) return <Placeholder />;
  return (
    <div className="grid min-h-0 flex-1 content-start gap-4 overflow-y-auto p-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,24rem)]">
      <div className="flex min-w-0 flex-col gap-4">
        <Numbers topic={data} />
        {data.eventCount === 0 && data.lastEventAt === null && <FirstEvent topic={data} />}
        <Charts topic={topic} />
        <Readers topic={topic} />
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Facts topic={data} />
        <OwnSettings topic={topic} />
      </div>
    </div>
  );
}

/** A click on a time leads to the events of then. */
function Charts({ topic }: { readonly topic: string }): ReactNode {
  const href = useHref();
  const hrefAt = (at: number): string =>
    `${href("topics", topic, "events")}?mode=oldest&from=time:${at}`;
  return (
    <TimedCharts>
      {(time) => (
        <>
          <MetricChart
            time={time}
            hrefAt={hrefAt}
            title="Events"
            unit="1/s"
            series={[
              [`runnel_topic_received_events_total:rate{=${topic}}`, "in"],
              [`runnel_topic_sent_events_total:rate{=${topic}}`, "out"],
            ]}
          />
          <MetricChart
            time={time}
            hrefAt={hrefAt}
            title="Bytes"
            unit="bytes/s"
            series={[
              [`runnel_topic_received_bytes_total:rate{=${topic}}`, "in"],
              [`runnel_topic_sent_bytes_total:rate{=${topic}}`, "out"],
            ]}
          />
        </>
      )}
    </TimedCharts>
  );
}

function Numbers({ topic }: { readonly topic: Topic }): ReactNode {
  const { eventCount, partitionCount, sizeBytes, groups } = topic;
  const href = useHref();
  const events = href("topics", topic.name, "events");
  const perEvent = eventCount === 0 ? undefined : `${formatBytes(sizeBytes / eventCount)} an event`;
  return (
    <Stats className="grid-cols-2 md:grid-cols-3">
      <Stat
        label="Events"
        href={events}
        value={<EventCount topic={topic} />}
        note={isBounded(topic)}
      />
      <Stat label="Size on this broker" value={formatBytes(sizeBytes)} note={perEvent} />
      <Stat
        label="Partitions"
        href={href("topics", topic.name, "partitions")}
        value={formatCount(partitionCount)}
        note={`${topic.replicationFactor} ${topic.replicationFactor === 1 ? "copy" : "copies"} of each`}
      />
      <Stat
        label="Last event"
        href={events}
        value={<Ago at={topic.lastEventAt} />}
        note={topic.lastEventAt === null ? "none yet" : <Time at={topic.lastEventAt} isShort />}
      />
      <Stat
        label="Oldest event"
        href={`${events}?mode=oldest`}
        value={<Ago at={topic.oldestEventAt} />}
        note={topic.oldestEventAt === null ? "none" : <Time at={topic.oldestEventAt} isShort />}
      />
      <Stat
        label="Largest lag"
        href={href("topics", topic.name, "groups")}
        value={groups === null ? "…" : groups.count === 0 ? "–" : formatCount(groups.maxLag)}
        note={
          groups === null ? "groups are loading" : `of ${formatNumberOf(groups.count, "group")}`
        }
      />
    </Stats>
  );
}

const isBounded = ({ cleanupPolicy }: Topic): string | undefined =>
  cleanupPolicy.includes("compact") ? "at most: compaction leaves gaps" : undefined;

function Facts({ topic }: { readonly topic: Topic }): ReactNode {
  return (
    <Panel title="Facts">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
        <Fact name="Cleanup">
          <Badge>{topic.cleanupPolicy}</Badge>
        </Fact>
        <Fact name="Kept by time">{formatRetention(topic.retentionMs)}</Fact>
        <Fact name="Kept by size">
          {describeAmount(topic.retentionBytes, SIZES)}
          {topic.retentionBytes !== "-1" && " in each partition"}
        </Fact>
        <Fact name="In sync at least">{formatCount(topic.minInsyncReplicas)}</Fact>
        <Fact name="Id">
          <span className="mono text-xs break-all">{topic.id}</span>
        </Fact>
      </dl>
    </Panel>
  );
}

function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}

/** What this topic has that the broker's settings do not give it. */
function OwnSettings({ topic }: { readonly topic: string }): ReactNode {
  const { data } = useQuery(topicConfigsQuery(topic));
  const href = useHref();
  const own = data?.items.filter(({ origin }) => origin === "topic") ?? [];
  return (
    <Panel
      title="Set for this topic"
      actions={
        <Link
          href={href("topics", topic, "config")}
          className="text-sm text-accent hover:underline"
        >
          All settings
        </Link>
      }
    >
      {data === undefined ? (
        <Skeleton />
      ) : own.length === 0 ? (
        <p className="text-muted">Nothing: it goes by the settings of the broker.</p>
      ) : (
        <dl className="flex flex-col gap-1.5">
          {own.map((config) => (
            <div key={config.name} className="flex items-baseline justify-between gap-4">
              <dt className="mono truncate text-xs">{config.name}</dt>
              <dd className="mono shrink-0 text-xs font-medium">
                {describeValue(config, config.value)}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}

function Readers({ topic }: { readonly topic: string }): ReactNode {
  const refetchInterval = useRefreshMs();
  const { data } = useQuery({ ...topicGroupsQuery(topic), refetchInterval });
  return (
    <Panel title="Who reads" isFlush>
      {data === undefined ? (
        <div className="p-3">
          <Skeleton />
        </div>
      ) : data.items.length === 0 ? (
        <p className="p-3 text-muted">
          No group has read from it yet. Consumers without a group are not listed, as they leave no
          trace.
        </p>
      ) : (
        <GroupTable groups={data.items.slice(0, 10)} />
      )}
    </Panel>
  );
}

function FirstEvent({ topic }: { readonly topic: Topic }): ReactNode {
  const bootstrap = useQuery(clusterQuery).data?.bootstrap[0] ?? "127.0.0.1:9092";
  const href = useHref();
  return (
    <Panel title="No events yet">
      <p className="mb-2 text-muted">
        <Link
          href={`${href("produce")}?topic=${encodeURIComponent(topic.name)}`}
          className="text-accent underline"
        >
          Produce one here
        </Link>
        , or from a terminal, with the command that came along or a client you know:
      </p>
      <div className="grid gap-2 lg:grid-cols-2">
        <CodeBlock code={produceCommand(topic.name, bootstrap)} />
        <CodeBlock code={kcatProduce(topic.name, bootstrap)} />
        <CodeBlock code={consumeCommand(topic.name, bootstrap)} />
        <CodeBlock code={kcatConsume(topic.name, bootstrap)} />
      </div>
    </Panel>
  );
}

function Placeholder(): ReactNode {
  return (
    <div className="flex flex-col gap-4 p-4" role="status" aria-label="Loading">
      <Skeleton className="h-24 rounded-lg" />
      <Skeleton className="h-48 rounded-lg" />
    </div>
  );
}
