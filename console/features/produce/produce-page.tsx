/** Writes events: by hand, or from a file. */
"use client";
import type { ProduceResponse } from "@runnel/contracts/records.ts";
import { useQuery } from "@tanstack/react-query";
import { SendHorizontal } from "lucide-react";
import dynamic from "next/dynamic";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type FormEvent, type ReactNode, useState } from "react";
import { useCluster } from "../../lib/cluster.tsx";
import { useCommands } from "../../lib/commands.ts";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Segmented } from "../../ui/field.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { EMPTY_EVENT, type EventDraft, problemsOf, toCommand, toHttp } from "./draft.ts";
import { DraftsMenu } from "./drafts-menu.tsx";
import { EventFields } from "./event-fields.tsx";
import { ProducedList } from "./produced-list.tsx";
import { useProduce } from "./use-produce.ts";

const ImportPanel = dynamic(
  () => import("./import-panel.tsx").then((module) => module.ImportPanel),
  {
    ssr: false,
  },
);

const FROM = ["hand", "file"] as const;

export function ProducePage(): ReactNode {
  const [{ topic, key, from }, setState] = useQueryStates(
    {
      topic: parseAsString.withDefault(""),
      key: parseAsString.withDefault(""),
      from: parseAsStringLiteral(FROM).withDefault("hand"),
    },
    { history: "replace" },
  );
  const onTopic = (next: string): void => void setState({ topic: next });
  const source = (
    <Segmented<(typeof FROM)[number]>
      label="Where events come from"
      value={from}
      onChange={(next) => void setState({ from: next })}
      options={[
        ["hand", "By hand"],
        ["file", "From a file"],
      ]}
    />
  );
  if (from === "hand") {
    return <HandPage topic={topic} firstKey={key} onTopic={onTopic} source={source} />;
  }
  return (
    <>
      <PageHeader crumbs={[{ text: "Produce" }]} badges={source} />
      <ImportPanel topic={topic} onTopic={onTopic} />
    </>
  );
}

interface HandPageProps {
  readonly topic: string;
  readonly firstKey: string;
  readonly onTopic: (topic: string) => void;
  readonly source: ReactNode;
}

function HandPage({ topic, firstKey, onTopic, source }: HandPageProps): ReactNode {
  const [draft, setDraft] = useState<EventDraft>({ ...EMPTY_EVENT, key: firstKey });
  // A template that is loaded fills fields that keep their own text.
  const [loadedCount, setLoadedCount] = useState(0);
  const [isTried, setIsTried] = useState(false);
  const { produced, checked, isPending, error, check, send, stop, reset } = useProduce(
    topic,
    draft,
  );
  const problems = problemsOf(draft);
  const isReady = topic !== "" && problems.size === 0 && !isPending;
  const submit = (event?: FormEvent): void => {
    event?.preventDefault();
    setIsTried(true);
    if (isReady) send();
  };
  const change = (next: EventDraft): void => {
    reset();
    setDraft(next);
  };
  useCommands([
    {
      id: "produce-send",
      title: "Produce the event",
      group: "This page",
      keys: "Mod+Enter",
      run: submit,
    },
  ]);
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        crumbs={[{ text: "Produce" }]}
        badges={source}
        actions={
          <>
            <DraftsMenu
              topic={topic}
              draft={draft}
              onDraft={(next) => {
                change(next);
                setLoadedCount(loadedCount + 1);
              }}
            />
            <Button
              disabled={!isReady}
              onClick={() => {
                setIsTried(true);
                check();
              }}
              title="Has the broker check everything and write nothing"
            >
              Check
            </Button>
            {stop !== null && <Button onClick={stop}>Stop</Button>}
            <Button type="submit" look="primary" disabled={!isReady} title="Ctrl Enter">
              <SendHorizontal />
              {isPending
                ? "Producing …"
                : draft.count === "1"
                  ? "Produce"
                  : `Produce ${draft.count}`}
            </Button>
          </>
        }
      />
      <div className="grid min-h-0 flex-1 content-start gap-4 overflow-y-auto px-4 pt-1 pb-8 lg:grid-cols-[minmax(0,1fr)_minmax(0,27rem)]">
        <EventFields
          key={loadedCount}
          topic={topic}
          onTopic={onTopic}
          draft={draft}
          onChange={change}
          problems={isTried || draft.value !== "" ? problems : new Map()}
        />
        <div className="flex min-w-0 flex-col gap-4">
          {error !== null && <ProblemPanel error={error} isInline />}
          {checked !== null && <Checked results={checked} />}
          <ProducedList produced={produced} />
          <Echo topic={topic} draft={draft} isWhole={problems.size === 0} />
        </div>
      </div>
    </form>
  );
}

function Checked({ results }: { readonly results: ProduceResponse["results"] }): ReactNode {
  const refused = results.find(({ error }) => error !== null);
  const partitions = [...new Set(results.map(({ partition }) => partition))];
  return (
    <p
      role="status"
      className={
        refused === undefined
          ? "rounded-md bg-ok-soft px-3 py-2"
          : "rounded-md bg-bad-soft px-3 py-2"
      }
    >
      {refused === undefined
        ? `The broker would take ${results.length === 1 ? "it" : `all ${formatCount(results.length)}`}, into partition ${partitions.join(", ")}.`
        : `The broker would refuse it: ${refused.error}`}
    </p>
  );
}

function Echo({
  topic,
  draft,
  isWhole,
}: {
  readonly topic: string;
  readonly draft: EventDraft;
  readonly isWhole: boolean;
}): ReactNode {
  const [form, setForm] = useState<"command" | "http">("command");
  const { admin } = useCluster();
  const bootstrap = useQuery(clusterQuery).data?.bootstrap[0] ?? "127.0.0.1:9092";
  const command = isWhole ? toCommand(topic, draft, bootstrap) : null;
  return (
    <Panel
      title="The same elsewhere"
      actions={
        <Segmented
          label="Form"
          value={form}
          onChange={setForm}
          options={[
            ["command", "Command"],
            ["http", "HTTP"],
          ]}
        />
      }
    >
      {!isWhole ? (
        <p className="text-muted">Shows once the event is whole.</p>
      ) : form === "http" ? (
        <CodeBlock code={toHttp(topic, draft, admin)} />
      ) : command === null ? (
        <p className="text-muted">
          The command takes lines of text; this event is something else. HTTP has a way to say it.
        </p>
      ) : (
        <CodeBlock code={command} />
      )}
    </Panel>
  );
}
