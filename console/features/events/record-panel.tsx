/** One event, in all that is known of it, beside the rows. Its address opens it again. */
"use client";
import type { DecodedRecord, DecoderChoice } from "@runnel/contracts/decoded.ts";
import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, PanelBottom, PanelRight, X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { download } from "../../lib/download.ts";
import { setPreferences, usePreferences } from "../../lib/preferences.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import type { FieldAction } from "../../ui/json-view.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Empty, ProblemPanel } from "../../ui/states.tsx";
import { toastFailed } from "../../ui/toast.tsx";
import type { Place } from "./events-state.ts";
import { payloadBytes } from "./payload.ts";
import { PayloadView } from "./payload-view.tsx";
import type { RecordParams } from "./read-record.ts";
import { RecordCopyMenu } from "./record-copy-menu.tsx";
import { RecordHeaders, RecordMetadata } from "./record-facts.tsx";
import { recordQuery } from "./record-query.ts";
import { type RecordTab, RecordTabs } from "./record-tabs.tsx";
import { readWholeRecord } from "./whole-record.ts";

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

export function RecordPanel(props: RecordPanelProps): ReactNode {
  const { topic, place, keyDecoder, valueDecoder, onPrevious, onNext, onClose } = props;
  const [tab, setTab] = useState<RecordTab>("value");
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
        {data !== null && data !== undefined && <RecordCopyMenu topic={topic} record={data} />}
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
        <DockButton />
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
        <RecordTabs record={data} tab={tab} onTab={setTab}>
          <Body
            {...props}
            record={data}
            tab={tab}
            onWhole={() => setWholeOf(name)}
            onDownload={(part) => void save(params, part)}
          />
        </RecordTabs>
      )}
    </section>
  );
}

function DockButton(): ReactNode {
  const isBottom = usePreferences().dock === "bottom";
  const title = isBottom ? "Show it on the right" : "Show it below the rows";
  return (
    <Button
      look="ghost"
      isIcon
      className="max-lg:hidden"
      aria-label={title}
      title={`${title}  d`}
      onClick={() => setPreferences({ dock: isBottom ? "right" : "bottom" })}
    >
      {isBottom ? <PanelRight /> : <PanelBottom />}
    </Button>
  );
}

async function save(params: RecordParams, part: "key" | "value"): Promise<void> {
  try {
    const record = await readWholeRecord({ ...params, isWhole: true });
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

interface BodyProps extends RecordPanelProps {
  readonly record: DecodedRecord;
  readonly tab: RecordTab;
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
      return <RecordHeaders record={record} />;
    case "metadata":
      return <RecordMetadata record={record} />;
  }
}
