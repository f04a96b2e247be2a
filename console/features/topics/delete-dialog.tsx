/** Deletes topics, after a dry run that says what goes with them. */
"use client";
import { useMutation, useQueries, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api } from "../../lib/api.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { toastDone, toastFailed } from "../../ui/toast.tsx";

interface DeleteDialogProps {
  readonly topics: readonly string[];
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

export function DeleteDialog({ topics, onClose, onDeleted }: DeleteDialogProps): ReactNode {
  const [typed, setTyped] = useState("");
  const client = useQueryClient();
  const previews = useQueries({
    queries: topics.map((topic) => ({
      queryKey: ["topic-delete-preview", topic],
      queryFn: () => api.deleteTopic({ params: { topic }, query: { dryRun: true } }),
      staleTime: 0,
    })),
  });
  const remove = useMutation({
    mutationFn: async () => {
      // One after the other: where one cannot go, those before it have gone, and it is said which.
      for (const topic of topics) await api.deleteTopic({ params: { topic } });
    },
    onSuccess: () => {
      toastDone(
        topics.length === 1 ? `${topics[0]} is deleted` : `${topics.length} topics are deleted`,
      );
      onDeleted();
    },
    onError: (error) => toastFailed("Not all was deleted", error),
    onSettled: () => client.invalidateQueries({ queryKey: topicKeys.all }),
  });
  const phrase = topics.length === 1 ? (topics[0] ?? "") : `delete ${topics.length} topics`;
  const failed = previews.find(({ error }) => error !== null);
  const found = previews.flatMap(({ data }) => (data === undefined ? [] : [data.before]));
  const events = found.reduce((sum, { eventCount }) => sum + eventCount, 0);
  const isReady = found.length === topics.length;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={topics.length === 1 ? `Delete ${topics[0]}` : `Delete ${topics.length} topics`}
      description={
        isReady
          ? `${formatCount(events)} events go for good. Nothing brings them back.`
          : "Looking at what would go …"
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            disabled={typed !== phrase || !isReady || remove.isPending}
            onClick={() => remove.mutate()}
          >
            {remove.isPending ? "Deleting …" : "Delete for good"}
          </Button>
        </>
      }
    >
      {failed !== undefined && <ProblemPanel error={failed.error} isInline />}
      <Table
        label="What goes"
        head={
          <>
            <Th>Topic</Th>
            <Th isRight>Partitions</Th>
            <Th isRight>Events</Th>
            <Th isRight>Size</Th>
            <Th>Groups that lose offsets</Th>
          </>
        }
      >
        {found.map(({ name, partitionCount, eventCount, sizeBytes, groups }) => (
          <Tr key={name}>
            <Td className="font-medium">{name}</Td>
            <Td isRight>{formatCount(partitionCount)}</Td>
            <Td isRight>{formatCount(eventCount)}</Td>
            <Td isRight>{formatBytes(sizeBytes)}</Td>
            <Td className="max-w-56 truncate" title={groups.join(", ")}>
              {groups.length === 0 ? <span className="text-faint">none</span> : groups.join(", ")}
            </Td>
          </Tr>
        ))}
      </Table>
      <Field label={`Type ${phrase} to confirm`} className="mt-4">
        {({ id }) => (
          <Input id={id} value={typed} onChange={(event) => setTyped(event.target.value)} />
        )}
      </Field>
    </Dialog>
  );
}
