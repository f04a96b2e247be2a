/** Deletes topics, after a dry run that says what goes with them. */
"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { topicKeys } from "../../lib/data/topics.ts";
import { formatBytes, formatCount, formatNumberOf } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { describe, ProblemPanel } from "../../ui/states.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { toastDone } from "../../ui/toast.tsx";
import { type Deletion, deleteAll, lookAt, type Prospect } from "./delete-topics.ts";

interface DeleteDialogProps {
  readonly topics: readonly string[];
  readonly onClose: () => void;
  /** With those that are not there any more; they must be left out of `topics` from then on. */
  readonly onGone: (topics: readonly string[]) => void;
}

export function DeleteDialog({ topics, onClose, onGone }: DeleteDialogProps): ReactNode {
  const [typed, setTyped] = useState("");
  const client = useQueryClient();
  const preview = useQuery({
    queryKey: ["topic-delete-preview", topics],
    queryFn: ({ signal }) => lookAt(topics, signal),
    staleTime: 0,
    gcTime: 0,
  });
  const found = preview.data ?? [];
  // What the dry run refused would be refused again.
  const doomed = namesOf(found, "there");
  const remove = useMutation({
    mutationFn: deleteAll,
    onSuccess: ({ gone }) => {
      if (gone.length === 0) return;
      toastDone(
        gone.length === 1
          ? `${gone[0]} is deleted`
          : `${formatNumberOf(gone.length, "topic")} are deleted`,
      );
      setTyped("");
      onGone([...namesOf(found, "gone"), ...gone]);
    },
    onSettled: () => client.invalidateQueries({ queryKey: topicKeys.all }),
  });
  const phrase = doomed.length === 1 ? (doomed[0] ?? "") : `delete ${doomed.length} topics`;
  const title = topics.length === 1 ? topics[0] : formatNumberOf(topics.length, "topic");
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Delete ${title}`}
      description={descriptionOf(preview.data)}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            disabled={doomed.length === 0 || typed !== phrase || remove.isPending}
            onClick={() => remove.mutate(doomed)}
          >
            {remove.isPending ? "Deleting …" : "Delete for good"}
          </Button>
        </>
      }
    >
      {(preview.error ?? remove.error) !== null && (
        <ProblemPanel error={preview.error ?? remove.error} isInline />
      )}
      {remove.data !== undefined && <Failures deletion={remove.data} />}
      {preview.isPending ? <Skeleton /> : <Prospects prospects={found} />}
      {doomed.length > 0 && (
        <Field label={`Type ${phrase} to confirm`} className="mt-4">
          {({ id }) => (
            <Input id={id} value={typed} onChange={(event) => setTyped(event.target.value)} />
          )}
        </Field>
      )}
    </Dialog>
  );
}

function namesOf(prospects: readonly Prospect[], wanted: Prospect["kind"]): readonly string[] {
  return prospects.filter(({ kind }) => kind === wanted).map(({ topic }) => topic);
}

function descriptionOf(prospects: readonly Prospect[] | undefined): string {
  if (prospects === undefined) return "Looking at what would go …";
  const there = prospects.filter((one) => one.kind === "there");
  if (there.length === 0) return "There is nothing that could be deleted.";
  const events = there.reduce((sum, { before }) => sum + before.eventCount, 0);
  return `${formatNumberOf(events, "event")} ${events === 1 ? "goes" : "go"} for good. Nothing brings them back.`;
}

/** Which could not be deleted, and why. */
function Failures({ deletion: { failed } }: { readonly deletion: Deletion }): ReactNode {
  if (failed.length === 0) return null;
  return (
    <div role="alert" className="mb-3 rounded-md border border-bad/40 bg-bad-soft px-3 py-2">
      <p className="font-semibold">
        {failed.length === 1 ? "This one was not deleted" : "These were not deleted"}
      </p>
      <ul>
        {failed.map(({ topic, error }) => (
          <li key={topic}>
            <span className="font-medium">{topic}</span>: {reasonOf(error)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Prospects({ prospects }: { readonly prospects: readonly Prospect[] }): ReactNode {
  return (
    <Table
      label="What goes"
      className="max-h-[45vh] overflow-y-auto"
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
      {prospects.map((prospect) => (
        <ProspectRow key={prospect.topic} prospect={prospect} />
      ))}
    </Table>
  );
}

function ProspectRow({ prospect }: { readonly prospect: Prospect }): ReactNode {
  if (prospect.kind !== "there") {
    return (
      <Tr>
        <Td className="font-medium">{prospect.topic}</Td>
        <Td colSpan={4} className={prospect.kind === "gone" ? "text-faint" : "text-bad"}>
          {prospect.kind === "gone" ? "gone already" : reasonOf(prospect.error)}
        </Td>
      </Tr>
    );
  }
  const { name, partitionCount, eventCount, sizeBytes, groups } = prospect.before;
  return (
    <Tr>
      <Td className="font-medium">{name}</Td>
      <Td isRight>{formatCount(partitionCount)}</Td>
      <Td isRight>{formatCount(eventCount)}</Td>
      <Td isRight>{formatBytes(sizeBytes)}</Td>
      <Td className="max-w-56 truncate" title={groups.join(", ")}>
        {groups.length === 0 ? <span className="text-faint">none</span> : groups.join(", ")}
      </Td>
    </Tr>
  );
}

function reasonOf(error: Error): string {
  const { detail, remedy } = describe(error);
  return remedy === null ? detail : `${detail} ${remedy}`;
}
