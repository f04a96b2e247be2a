/** The form for a new topic, with the broker's judgement and the same as a command while one types. */
"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, type ReactNode, useState } from "react";
import { api, fieldErrors } from "../../lib/api.ts";
import { useCluster } from "../../lib/cluster.tsx";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { useIdempotencyKey } from "../../lib/idempotency.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Echo } from "../../ui/echo.tsx";
import { PageHeader } from "../../ui/page.tsx";

import { ProblemPanel } from "../../ui/states.tsx";
import { toastDone } from "../../ui/toast.tsx";
import { type Draft, EMPTY_DRAFT, toCommand, toHttp, toRequest } from "./draft.ts";
import { DraftFields } from "./draft-fields.tsx";
import { Outcome } from "./draft-outcome.tsx";
import { useDryRun } from "./dry-run.ts";

export function TopicCreate(): ReactNode {
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const { href } = useCluster();
  const router = useRouter();
  const client = useQueryClient();
  const defaults = useQuery({
    queryKey: ["topic-defaults"],
    queryFn: ({ signal }) => api.getTopicDefaults(undefined, { signal }),
  });
  const check = useDryRun(draft);
  const keyOf = useIdempotencyKey();
  const create = useMutation({
    mutationFn: () => {
      const body = toRequest(draft);
      return api.createTopic({ body }, { idempotencyKey: keyOf(body) });
    },
    onSuccess: async ({ topic: { name } }) => {
      await client.invalidateQueries({ queryKey: topicKeys.all });
      toastDone(`${name} is created`);
      router.push(href("topics", name));
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  const errors = fieldErrors(create.error ?? check.error);
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        crumbs={[{ text: "Topics", href: href("topics") }, { text: "Create a topic" }]}
        actions={
          <>
            <Button onClick={() => router.push(href("topics"))}>Cancel</Button>
            <Button type="submit" look="primary" disabled={draft.name === "" || create.isPending}>
              {create.isPending ? "Creating …" : "Create the topic"}
            </Button>
          </>
        }
      />
      <div className="grid min-h-0 flex-1 content-start gap-4 overflow-y-auto px-4 pt-1 pb-8 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
        {defaults.error !== null && defaults.data === undefined ? (
          <ProblemPanel error={defaults.error} onRetry={() => void defaults.refetch()} />
        ) : (
          <DraftFields draft={draft} onChange={setDraft} defaults={defaults.data} errors={errors} />
        )}
        <div className="flex flex-col gap-4 lg:sticky lg:top-0 lg:self-start">
          {create.error !== null && <ProblemPanel error={create.error} isInline />}
          <Outcome draft={draft} check={check} />
          <TopicEcho draft={draft} />
        </div>
      </div>
    </form>
  );
}

function TopicEcho({ draft }: { readonly draft: Draft }): ReactNode {
  const { admin } = useCluster();
  const bootstrap = useQuery(clusterQuery).data?.bootstrap[0] ?? "127.0.0.1:9092";
  return (
    <Echo
      forms={[
        ["Command", <CodeBlock key="command" code={toCommand(draft, bootstrap)} />],
        ["HTTP", <CodeBlock key="http" code={toHttp(draft, admin)} />],
        ["JSON", <CodeBlock key="json" code={JSON.stringify(toRequest(draft), null, 2)} />],
      ]}
    />
  );
}
