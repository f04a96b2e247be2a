/** Writes an event by hand. */
"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { SendHorizontal } from "lucide-react";
import { parseAsString, useQueryStates } from "nuqs";
import { type FormEvent, type ReactNode, useState } from "react";
import { api } from "../../lib/api.ts";
import { useCluster } from "../../lib/cluster.tsx";
import { useCommands } from "../../lib/commands.ts";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Segmented } from "../../ui/field.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { EMPTY_EVENT, type EventDraft, problemsOf, toCommand, toHttp, toRecords } from "./draft.ts";
import { EventFields } from "./event-fields.tsx";
import { type Produced, ProducedList } from "./produced-list.tsx";

const PRODUCED_MAX = 200;

export function ProducePage(): ReactNode {
  const [{ topic, key }, setState] = useQueryStates(
    { topic: parseAsString.withDefault(""), key: parseAsString.withDefault("") },
    { history: "replace" },
  );
  const [draft, setDraft] = useState<EventDraft>({ ...EMPTY_EVENT, key });
  const [produced, setProduced] = useState<readonly Produced[]>([]);
  const [isTried, setIsTried] = useState(false);
  const client = useQueryClient();
  const problems = problemsOf(draft);
  const send = useMutation({
    mutationFn: (dryRun: boolean) =>
      api.produce({
        params: { topic },
        body: { records: toRecords(draft) },
        query: dryRun ? { dryRun } : {},
      }),
    onSuccess: ({ isDryRun, results }) => {
      if (isDryRun) return;
      const made = results.map((result) => ({ ...result, topic, at: Date.now() }));
      setProduced([...made.toReversed(), ...produced].slice(0, PRODUCED_MAX));
    },
    onSettled: () => client.invalidateQueries({ queryKey: topicKeys.all }),
  });
  const isReady = topic !== "" && problems.size === 0 && !send.isPending;
  const submit = (event?: FormEvent): void => {
    event?.preventDefault();
    setIsTried(true);
    if (isReady) send.mutate(false);
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
        actions={
          <>
            <Button
              disabled={!isReady}
              onClick={() => {
                setIsTried(true);
                send.mutate(true);
              }}
              title="Has the broker check everything and write nothing"
            >
              Check
            </Button>
            <Button type="submit" look="primary" disabled={!isReady} title="Ctrl Enter">
              <SendHorizontal />
              {send.isPending
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
          topic={topic}
          onTopic={(next) => void setState({ topic: next })}
          draft={draft}
          onChange={(next) => {
            send.reset();
            setDraft(next);
          }}
          problems={isTried || draft.value !== "" ? problems : new Map()}
        />
        <div className="flex min-w-0 flex-col gap-4">
          {send.error !== null && <ProblemPanel error={send.error} isInline />}
          {send.data?.isDryRun === true && <Checked results={send.data.results} />}
          <ProducedList produced={produced} />
          <Echo topic={topic} draft={draft} isWhole={problems.size === 0} />
        </div>
      </div>
    </form>
  );
}

function Checked({
  results,
}: {
  readonly results: Awaited<ReturnType<typeof api.produce>>["results"];
}): ReactNode {
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
