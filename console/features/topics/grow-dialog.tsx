"use client";
import type { Topic } from "@runnel/contracts/topics.ts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { api } from "../../lib/api.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { describe, ProblemPanel } from "../../ui/states.tsx";
import { toastDone } from "../../ui/toast.tsx";

/** More partitions, never fewer; says what that does to keys. */
export function GrowDialog({
  topic,
  onClose,
}: {
  readonly topic: Topic;
  readonly onClose: () => void;
}): ReactNode {
  const [count, setCount] = useState(String(topic.partitionCount + 1));
  const client = useQueryClient();
  const input = { params: { topic: topic.name }, body: { partitionCount: Number(count) } };
  const isNumber = /^\d{1,5}$/.test(count);
  const preview = useQuery({
    queryKey: ["topic-grow-preview", topic.name, count],
    queryFn: ({ signal }) => api.growTopic({ ...input, query: { dryRun: true } }, { signal }),
    enabled: isNumber,
    gcTime: 0,
  });
  const grow = useMutation({
    mutationFn: () => api.growTopic(input, { ifMatch: topic.etag }),
    onSuccess: ({ after }) => {
      toastDone(`${topic.name} has ${formatCount(after.partitionCount)} partitions`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: topicKeys.all }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    grow.mutate();
  };
  const error = preview.error === null ? undefined : describe(preview.error).detail;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="small"
      title={`Add partitions to ${topic.name}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form="grow"
            look="primary"
            disabled={!isNumber || preview.data === undefined || grow.isPending}
          >
            Add partitions
          </Button>
        </>
      }
    >
      <form id="grow" onSubmit={submit} className="flex flex-col gap-3">
        <Field
          label="Partitions in all"
          hint={`It has ${formatCount(topic.partitionCount)} now`}
          error={error}
        >
          {({ id, describedBy }) => (
            <Input
              id={id}
              inputMode="numeric"
              aria-describedby={describedBy}
              value={count}
              onChange={(event) => setCount(event.target.value.trim())}
              className="mono"
            />
          )}
        </Field>
        {preview.data !== undefined && preview.data.warning !== null && (
          <p className="rounded-md bg-warn-soft px-3 py-2 text-sm">{preview.data.warning}</p>
        )}
        {grow.error !== null && <ProblemPanel error={grow.error} isInline />}
      </form>
    </Dialog>
  );
}
