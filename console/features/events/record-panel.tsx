/** One event, in all that is known of it, beside the rows. Its address opens it again. */
"use client";
import type { DecodedRecord, DecoderChoice } from "@runnel/contracts/decoded.ts";
import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Copy, Link2, X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { useCluster } from "../../lib/cluster.tsx";
import { cn } from "../../lib/cn.ts";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { download } from "../../lib/download.ts";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import type { FieldAction } from "../../ui/json-view.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Empty, ProblemPanel } from "../../ui/states.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { Ago, Time } from "../../ui/time.tsx";
import { toastDone, toastFailed } from "../../ui/toast.tsx";
import { Preview } from "./event-columns.tsx";
import type { Place } from "./events-state.ts";
import { payloadBytes, recordCommand, recordCurl, recordJson } from "./payload.ts";
import { PayloadView } from "./payload-view.tsx";
import { readRecord, recordQuery } from "./record-query.ts";

interface RecordPanelProps {
  readonly topic: string;
  readonly place: Place;
  readonly keyDecoder: DecoderChoice;
  readonly valueDecoder: DecoderChoice;
  readonly onKeyDecoder: (decoder: DecoderChoice) => void;
  readonly onValueDecoder: (decoder: DecoderChoice) => void;
  readonly actions: readonly FieldAction[];
  /** To the row before or behind; null where there is none. */
  readonly onPrevious: (() => void) | null;
  readonly onNext: (() => void) | null;
  readonly onClose: () => void;
}

type Tab = "value" | "key" | "headers" | "metadata";

export function RecordPanel(props: RecordPanelProps): ReactNode {
  const { topic, place, keyDecoder, valueDecoder, onPrevious, onNext, onClose } = props;
  const [tab, setTab] = useState<Tab>("value");
  const [wholeOf, setWholeOf] = useState<string | null>(null);
  const name = `${place.partition}@${place.offset}`;
  const params = { topic, ...place, keyDecoder, valueDecoder, isWhole: wholeOf === name };
  const { data, error, isPending, refetch } = useQuery(recordQuery(params));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && !event.defaultPrevented) {
      event.stopPropagation();
      onClose();
    }
  };
  return (
    <section
      aria-label={`Event ${topic}/${name}`}
      onKeyDown={onKeyDown}
      className="flex min-h-0 min-w-0 flex-1 flex-col bg-surface"
    >
      <header className="flex h-9 shrink-0 items-center gap-1 border-b border-line pr-2 pl-3">
        <h2 className="mono truncate text-xs font-medium" title={`${topic}/${name}`}>
          {name}
        </h2>
        <CopyButton
          text={() => location.href}
          label="Copy the link to this event"
          className="size-6"
        >
          <span className="sr-only">link</span>
        </CopyButton>
        <span className="ml-auto" />
        {data !== null && data !== undefined && <CopyMenu topic={topic} record={data} />}
        <Button
          look="ghost"
          isIcon
          aria-label="The event above"
          title="The event above  ↑"
          disabled={onPrevious === null}
          onClick={() => onPrevious?.()}
        >
          <ArrowUp />
        </Button>
        <Button
          look="ghost"
          isIcon
          aria-label="The event below"
          title="The event below  ↓"
          disabled={onNext === null}
          onClick={() => onNext?.()}
        >
          <ArrowDown />
        </Button>
        <Button
          look="ghost"
          isIcon
          aria-label="Close the event"
          title="Close  Esc"
          onClick={onClose}
        >
          <X />
        </Button>
      </header>
      {isPending ? (
        <div className="p-3" role="status" aria-label="Loading">
          <Skeleton className="h-40" />
        </div>
      ) : error !== null ? (
        <div className="p-3">
          <ProblemPanel error={error} isInline onRetry={() => void refetch()} />
        </div>
      ) : data === null ? (
        <Empty title="There is no event at this offset">
          It was deleted, or is not written yet, or the offset belongs to the end of a transaction.
        </Empty>
      ) : (
        <>
          <Tabs record={data} tab={tab} onTab={setTab} />
          <Body
            {...props}
            record={data}
            tab={tab}
            onWhole={() => setWholeOf(name)}
            onDownload={(part) => void save(params, part)}
          />
        </>
      )}
    </section>
  );
}

async function save(
  params: Parameters<typeof readRecord>[0],
  part: "key" | "value",
): Promise<void> {
  try {
    const record = await readRecord({ ...params, isWhole: true });
    const bytes = record === null ? null : payloadBytes(record[part]);
    if (bytes === null)
      throw new Error("The broker did not send all of it: it is larger than 16 MiB");
    const { topic, partition, offset } = params;
    download(
      `${topic}-${partition}-${offset}.${part}`,
      bytes as BlobPart,
      "application/octet-stream",
    );
  } catch (error) {
    toastFailed("It could not be downloaded", error);
  }
}

function Tabs({
  record,
  tab,
  onTab,
}: {
  readonly record: DecodedRecord;
  readonly tab: Tab;
  readonly onTab: (tab: Tab) => void;
}): ReactNode {
  const { key, value, headers } = record;
  const tabs: readonly (readonly [Tab, string, string])[] = [
    ["value", "Value", value.sizeBytes === null ? "none" : formatBytes(value.sizeBytes)],
    ["key", "Key", key.sizeBytes === null ? "none" : formatBytes(key.sizeBytes)],
    ["headers", "Headers", formatCount(headers.length)],
    ["metadata", "Metadata", ""],
  ];
  return (
    <div
      role="tablist"
      aria-label="Parts of the event"
      className="flex shrink-0 border-b border-line px-2"
    >
      {tabs.map(([id, title, note]) => (
        <button
          key={id}
          type="button"
          role="tab"
          aria-selected={tab === id}
          tabIndex={tab === id ? 0 : -1}
          onClick={() => onTab(id)}
          onKeyDown={(event) => {
            const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
            if (step === undefined) return;
            event.preventDefault();
            const at = tabs.findIndex(([one]) => one === tab);
            const next = tabs[(at + step + tabs.length) % tabs.length];
            if (next !== undefined) onTab(next[0]);
            const siblings = event.currentTarget.parentElement?.children;
            (
              siblings?.[(at + step + tabs.length) % tabs.length] as HTMLElement | undefined
            )?.focus();
          }}
          className={cn(
            "relative flex h-8 items-center gap-1.5 px-2 text-sm",
            tab === id
              ? "font-medium after:absolute after:inset-x-1 after:bottom-[-1px] after:h-0.5 after:bg-accent"
              : "text-muted hover:text-ink",
          )}
        >
          {title}
          {note !== "" && <span className="text-2xs text-faint">{note}</span>}
        </button>
      ))}
    </div>
  );
}

interface BodyProps extends RecordPanelProps {
  readonly record: DecodedRecord;
  readonly tab: Tab;
  readonly onWhole: () => void;
  readonly onDownload: (part: "key" | "value") => void;
}

function Body({ record, tab, onWhole, onDownload, ...props }: BodyProps): ReactNode {
  switch (tab) {
    case "value":
      return (
        <PayloadView
          key="value"
          payload={record.value}
          decoder={props.valueDecoder}
          onDecoder={props.onValueDecoder}
          actions={props.actions}
          onWhole={onWhole}
          onDownload={() => onDownload("value")}
        />
      );
    case "key":
      return (
        <PayloadView
          key="key"
          payload={record.key}
          decoder={props.keyDecoder}
          onDecoder={props.onKeyDecoder}
          onWhole={onWhole}
          onDownload={() => onDownload("key")}
        />
      );
    case "headers":
      return <Headers record={record} />;
    case "metadata":
      return <Metadata record={record} />;
  }
}

function Headers({ record: { headers } }: { readonly record: DecodedRecord }): ReactNode {
  if (headers.length === 0) return <p className="p-3 text-muted">It has none.</p>;
  return (
    <Table
      label="Headers"
      className="overflow-y-auto"
      head={
        <>
          <Th>Name</Th>
          <Th>Value</Th>
          <Th>Read as</Th>
        </>
      }
    >
      {headers.map(({ name, value }, index) => (
        <Tr key={`${index}${name}`}>
          <Td isMono className="font-medium">
            <bdi>{name}</bdi>
          </Td>
          <Td className="max-w-96 truncate" title={value.text.slice(0, 2_000)}>
            <Preview payload={value} />
          </Td>
          <Td>
            <Badge title={value.reason}>{value.decoder}</Badge>
          </Td>
        </Tr>
      ))}
    </Table>
  );
}

function Metadata({ record }: { readonly record: DecodedRecord }): ReactNode {
  const { partition, offset, timestamp, timestampType, headersBytes, batch, key, value } = record;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ["Partition", partition],
    ["Offset", formatCount(offset)],
    [
      "Timestamp",
      timestamp === null ? (
        "none"
      ) : (
        <>
          <Time at={timestamp} /> (<Ago at={timestamp} />)
        </>
      ),
    ],
    ["Whose clock", timestampType === "createTime" ? "the producer's" : "the broker's"],
    ["Key", key.sizeBytes === null ? "none" : formatBytes(key.sizeBytes)],
    ["Value", value.sizeBytes === null ? "none" : formatBytes(value.sizeBytes)],
    ["Headers", formatBytes(headersBytes)],
    ["Compression of its batch", batch.compression],
    [
      "Producer",
      batch.producerId === null
        ? "not idempotent"
        : `${batch.producerId}, epoch ${batch.producerEpoch}`,
    ],
    [
      "First sequence of its batch",
      batch.producerId === null ? "–" : formatCount(batch.baseSequence),
    ],
    ["In a transaction", batch.isTransactional ? "yes" : "no"],
    ["Leader epoch", formatCount(batch.leaderEpoch)],
  ];
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5 overflow-y-auto p-3 text-sm">
      {facts.map(([name, fact]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="mono text-xs leading-5">{fact}</dd>
        </div>
      ))}
    </dl>
  );
}

function CopyMenu({
  topic,
  record,
}: {
  readonly topic: string;
  readonly record: DecodedRecord;
}): ReactNode {
  const { admin } = useCluster();
  const bootstrap = useQuery(clusterQuery).data?.bootstrap[0] ?? "127.0.0.1:9092";
  const copy = (what: string, text: string): void => {
    void navigator.clipboard.writeText(text).then(() => toastDone(`${what} is copied`));
  };
  return (
    <Menu label="Copy" trigger={<Copy />} isIcon>
      <MenuItem onSelect={() => copy("The value", record.value.text)}>The value</MenuItem>
      <MenuItem onSelect={() => copy("The key", record.key.text)}>The key</MenuItem>
      <MenuItem onSelect={() => copy("The event", recordJson(topic, record))}>
        The event as JSON
      </MenuItem>
      <MenuSeparator />
      <MenuItem onSelect={() => copy("The link", location.href)}>
        <Link2 /> A link to it
      </MenuItem>
      <MenuItem
        onSelect={() => copy("The address", `${topic}/${record.partition}@${record.offset}`)}
      >
        Its address
      </MenuItem>
      <MenuItem onSelect={() => copy("The command", recordCommand(topic, record, bootstrap))}>
        A command that reads it
      </MenuItem>
      <MenuItem onSelect={() => copy("The request", recordCurl(topic, record, admin))}>
        A curl that reads it
      </MenuItem>
    </Menu>
  );
}
