"use client";
import { useQuery } from "@tanstack/react-query";
import { Braces, Plus, X } from "lucide-react";
import { type ReactNode, useId } from "react";
import { topicSearchQuery } from "../../lib/data/topics.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox, Field, Input, Segmented, Textarea } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import { TimeInput } from "../../ui/time-input.tsx";
import { toastFailed } from "../../ui/toast.tsx";
import type { DraftHeader, EventDraft } from "./draft.ts";

interface EventFieldsProps {
  readonly topic: string;
  readonly onTopic: (topic: string) => void;
  readonly draft: EventDraft;
  readonly onChange: (draft: EventDraft) => void;
  readonly problems: ReadonlyMap<keyof EventDraft, string>;
}

const TOPICS_SHOWN = 20;
const HEADERS_MAX = 100;

export function EventFields({
  topic,
  onTopic,
  draft,
  onChange,
  problems,
}: EventFieldsProps): ReactNode {
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Panel title="Where to">
        <div className="grid gap-x-4 gap-y-2 sm:grid-cols-[minmax(0,1fr)_8rem_6rem_7rem]">
          <TopicField topic={topic} onTopic={onTopic} />
          <Field label="Partition" hint="Empty: by the key" error={problems.get("partition")}>
            {({ id, describedBy }) => (
              <Input
                id={id}
                aria-describedby={describedBy}
                aria-invalid={problems.has("partition")}
                inputMode="numeric"
                placeholder="by the key"
                value={draft.partition}
                onChange={({ target }) => onChange({ ...draft, partition: target.value.trim() })}
                className="mono text-xs"
              />
            )}
          </Field>
          <Field label="How often" hint="Times" error={problems.get("count")}>
            {({ id, describedBy }) => (
              <Input
                id={id}
                aria-describedby={describedBy}
                aria-invalid={problems.has("count")}
                inputMode="numeric"
                value={draft.count}
                onChange={({ target }) => onChange({ ...draft, count: target.value.trim() })}
                className="mono text-xs"
              />
            )}
          </Field>
          <Field label="A second" hint="Empty: at once" error={problems.get("rate")}>
            {({ id, describedBy }) => (
              <Input
                id={id}
                aria-describedby={describedBy}
                aria-invalid={problems.has("rate")}
                inputMode="numeric"
                placeholder="at once"
                value={draft.rate}
                onChange={({ target }) => onChange({ ...draft, rate: target.value.trim() })}
                className="mono text-xs"
              />
            )}
          </Field>
        </div>
        <Checkbox
          label="Fill in {{n}}, {{uuid}} and {{now}}"
          title="In the text of key, value and headers, anew for each event: its number from 1, a random UUID, the time in ms since 1970. Other braces stay as they are."
          checked={draft.fills}
          onChange={({ target }) => onChange({ ...draft, fills: target.checked })}
        />
        {draft.fills && (
          <p className="text-xs text-muted">
            In the text of key, value and headers, anew for each event: <code>{"{{n}}"}</code> is
            its number from 1, <code>{"{{uuid}}"}</code> a random UUID, <code>{"{{now}}"}</code> the
            time in ms since 1970. Other braces stay as they are.
          </p>
        )}
      </Panel>
      <KeyPanel draft={draft} onChange={onChange} problem={problems.get("key")} />
      <ValuePanel draft={draft} onChange={onChange} problem={problems.get("value")} />
      <HeadersPanel
        headers={draft.headers}
        onChange={(headers) => onChange({ ...draft, headers })}
      />
      <Panel title="Timestamp">
        <TimeInput
          label="Timestamp; empty: now"
          value={draft.timestamp === "unclear" ? null : draft.timestamp}
          onChange={(timestamp) => onChange({ ...draft, timestamp })}
          onUnclear={() => onChange({ ...draft, timestamp: "unclear" })}
        />
        <Note text={problems.get("timestamp")} />
      </Panel>
    </div>
  );
}

export function TopicField({
  topic,
  onTopic,
}: Pick<EventFieldsProps, "topic" | "onTopic">): ReactNode {
  const list = useId();
  const { data } = useQuery(topicSearchQuery(topic, TOPICS_SHOWN));
  return (
    <Field label="Topic" hint={data?.total === 0 ? "No topic is called that" : "Type to search"}>
      {({ id, describedBy }) => (
        <>
          <Input
            id={id}
            aria-describedby={describedBy}
            list={list}
            autoFocus={topic === ""}
            placeholder="orders"
            value={topic}
            onChange={({ target }) => onTopic(target.value)}
          />
          <datalist id={list}>
            {data?.items.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

interface PartProps {
  readonly draft: EventDraft;
  readonly onChange: (draft: EventDraft) => void;
  readonly problem: string | undefined;
}

function KeyPanel({ draft, onChange, problem }: PartProps): ReactNode {
  return (
    <Panel
      title="Key"
      actions={
        <Segmented
          label="Form of the key"
          value={draft.keyForm}
          onChange={(keyForm) => onChange({ ...draft, keyForm })}
          options={[
            ["text", "Text"],
            ["base64", "Base64"],
            ["empty", "Empty"],
          ]}
        />
      }
    >
      {draft.keyForm === "empty" ? (
        <p className="text-muted">A key of no bytes, which is not the same as no key.</p>
      ) : (
        <>
          <Input
            aria-label="Key"
            aria-invalid={problem !== undefined}
            value={draft.key}
            placeholder="no key: such events are spread over the partitions"
            onChange={({ target }) => onChange({ ...draft, key: target.value })}
            className="mono text-xs"
          />
          <Note text={problem} />
        </>
      )}
    </Panel>
  );
}

function ValuePanel({ draft, onChange, problem }: PartProps): ReactNode {
  const format = async (): Promise<void> => {
    // Numbers keep every digit: that is what this library is for.
    const { parse, stringify } = await import("lossless-json");
    try {
      onChange({ ...draft, value: stringify(parse(draft.value), undefined, 2) ?? draft.value });
    } catch (error) {
      toastFailed("This cannot be put in order", error);
    }
  };
  return (
    <Panel
      title="Value"
      actions={
        <>
          {draft.valueForm === "json" && (
            <Button look="ghost" onClick={() => void format()}>
              <Braces /> Indent
            </Button>
          )}
          <Segmented
            label="Form of the value"
            value={draft.valueForm}
            onChange={(valueForm) => onChange({ ...draft, valueForm })}
            options={[
              ["json", "JSON"],
              ["text", "Text"],
              ["base64", "Base64"],
              ["none", "Tombstone"],
            ]}
          />
        </>
      }
    >
      {draft.valueForm === "none" ? (
        <p className="text-muted">
          A tombstone: an event without a value. On a compacted topic it removes the key.
        </p>
      ) : (
        <>
          <Textarea
            aria-label="Value"
            aria-invalid={problem !== undefined}
            rows={12}
            value={draft.value}
            placeholder={draft.valueForm === "json" ? '{ "hello": "world" }' : ""}
            onChange={({ target }) => onChange({ ...draft, value: target.value })}
            className="resize-y"
          />
          <Note text={problem} />
        </>
      )}
    </Panel>
  );
}

function HeadersPanel({
  headers,
  onChange,
}: {
  readonly headers: readonly DraftHeader[];
  readonly onChange: (headers: readonly DraftHeader[]) => void;
}): ReactNode {
  const set = (index: number, change: Partial<DraftHeader>): void =>
    onChange(headers.map((header, at) => (at === index ? { ...header, ...change } : header)));
  return (
    <Panel
      title="Headers"
      actions={
        <Button
          look="ghost"
          disabled={headers.length >= HEADERS_MAX}
          onClick={() => onChange([...headers, { name: "", value: "" }])}
        >
          <Plus /> Add
        </Button>
      }
    >
      {headers.length === 0 && <p className="text-muted">None.</p>}
      <ul className="flex flex-col gap-1.5">
        {headers.map(({ name, value }, index) => (
          <li key={`${index}`} className="flex gap-1.5">
            <Input
              aria-label={`Name of header ${index + 1}`}
              placeholder="name"
              value={name}
              onChange={({ target }) => set(index, { name: target.value })}
              className="mono max-w-56 text-xs"
            />
            <Input
              aria-label={`Value of header ${index + 1}`}
              placeholder="value"
              value={value}
              onChange={({ target }) => set(index, { value: target.value })}
              className="mono text-xs"
            />
            <Button
              look="ghost"
              isIcon
              aria-label={`Remove header ${index + 1}`}
              onClick={() => onChange(headers.filter((_, at) => at !== index))}
            >
              <X />
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Note({ text }: { readonly text: string | undefined }): ReactNode {
  if (text === undefined) return null;
  return <p className="mt-1 text-xs text-bad">{text}</p>;
}
