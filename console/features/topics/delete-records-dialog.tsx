/** Deletes the oldest events of a topic, after a dry run partition by partition. */
"use client";
import type { DeleteRecordsRequest } from "@runnel/contracts/records.ts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api } from "../../lib/api.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { formatCount, formatNumberOf } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Segmented } from "../../ui/field.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { TimeInput } from "../../ui/time-input.tsx";
import { toastDone } from "../../ui/toast.tsx";

type Kind = "timestamp" | "offset" | "end";

interface DeleteRecordsDialogProps {
  readonly topic: string;
  readonly onClose: () => void;
}

export function DeleteRecordsDialog({ topic, onClose }: DeleteRecordsDialogProps): ReactNode {
  const [kind, setKind] = useState<Kind>("timestamp");
  const [timestamp, setTimestamp] = useState<number | null>(null);
  const [offset, setOffset] = useState("");
  const [typed, setTyped] = useState("");
  const client = useQueryClient();
  const to = targetOf(kind, timestamp, offset);
  const preview = useQuery({
    queryKey: ["delete-records-preview", topic, to],
    queryFn: ({ signal }) =>
      api.deleteRecords(
        { params: { topic }, body: { to: to as NonNullable<typeof to> }, query: { dryRun: true } },
        { signal },
      ),
    enabled: to !== null,
    // Nothing of another point meanwhile: what is agreed to is what stands here.
    gcTime: 0,
  });
  const remove = useMutation({
    mutationFn: (target: DeleteRecordsRequest["to"]) =>
      api.deleteRecords({ params: { topic }, body: { to: target } }),
    onSuccess: ({ eventCount, partitions }) => {
      if (partitions.some(({ error }) => error !== null)) return;
      toastDone(`${formatCount(eventCount)} events of ${topic} are deleted`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: topicKeys.all }),
  });
  const shown = to !== null && preview.error === null ? preview.data : undefined;
  const count = shown?.eventCount ?? null;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Delete events of ${topic}`}
      description="The oldest events of each partition go, up to a point. Nothing brings them back."
      footer={
        <>
          <span className="mr-auto text-sm text-muted">
            {footerOf(to !== null, preview.error !== null, count)}
          </span>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            disabled={
              typed !== topic || to === null || count === null || count === 0 || remove.isPending
            }
            onClick={() => {
              if (to !== null) remove.mutate(to);
            }}
          >
            Delete for good
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap items-center gap-3">
          <Segmented
            label="Up to"
            value={kind}
            onChange={setKind}
            options={[
              ["timestamp", "Before a time"],
              ["offset", "Before an offset"],
              ["end", "All there are"],
            ]}
          />
          {kind === "timestamp" && (
            <TimeInput label="Events before" value={timestamp} onChange={setTimestamp} />
          )}
          {kind === "offset" && (
            <Input
              aria-label="Offset"
              inputMode="numeric"
              placeholder="offset, in every partition"
              value={offset}
              onChange={(event) => setOffset(event.target.value.trim())}
              className="mono w-52 text-xs"
            />
          )}
        </div>
        {(preview.error ?? remove.error) !== null && (
          <ProblemPanel error={preview.error ?? remove.error} isInline />
        )}
        {remove.data !== undefined && <Refused answer={remove.data} />}
        {shown !== undefined && <Preview changes={shown.partitions} />}
        <Field label={`Type ${topic} to confirm`}>
          {({ id }) => (
            <Input id={id} value={typed} onChange={(event) => setTyped(event.target.value)} />
          )}
        </Field>
      </div>
    </Dialog>
  );
}

function footerOf(isChosen: boolean, isRefused: boolean, count: number | null): string {
  if (!isChosen) return "Choose a point";
  if (isRefused) return "Nothing can be deleted like this";
  return count === null
    ? "Counting the events …"
    : `${formatNumberOf(count, "event")} ${count === 1 ? "goes" : "go"}`;
}

function targetOf(
  kind: Kind,
  timestamp: number | null,
  offset: string,
): DeleteRecordsRequest["to"] | null {
  if (kind === "end") return { kind: "end" };
  if (kind === "timestamp") return timestamp === null ? null : { kind: "timestamp", timestamp };
  const number = Number(offset);
  return /^\d{1,16}$/.test(offset) && Number.isSafeInteger(number)
    ? { kind: "offset", offset: number }
    : null;
}

/** Where some partitions did it and others did not. */
function Refused({
  answer: { eventCount, partitions },
}: {
  readonly answer: Awaited<ReturnType<typeof api.deleteRecords>>;
}): ReactNode {
  const refused = partitions.flatMap(({ partition, error }) =>
    error === null ? [] : [`Partition ${partition}: ${error}`],
  );
  if (refused.length === 0) return null;
  return (
    <p role="alert" className="rounded-md border border-bad/40 bg-bad-soft px-3 py-2">
      <strong className="font-semibold">
        {formatNumberOf(eventCount, "event")} went, and not all that were to go.
      </strong>{" "}
      {refused.join(". ")}.
    </p>
  );
}

function Preview({
  changes,
}: {
  readonly changes: Awaited<ReturnType<typeof api.deleteRecords>>["partitions"];
}): ReactNode {
  return (
    <Table
      label="Before and after"
      className="max-h-64 overflow-y-auto rounded-md border border-line"
      head={
        <>
          <Th isRight>Partition</Th>
          <Th isRight>First event now</Th>
          <Th isRight>First event then</Th>
          <Th isRight>Events that go</Th>
        </>
      }
    >
      {changes.map(({ partition, before, after, eventCount, error }) => (
        <Tr key={partition}>
          <Td isRight>{partition}</Td>
          <Td isRight>{formatCount(before.logStart)}</Td>
          <Td isRight className={after.logStart === before.logStart ? "text-faint" : ""}>
            {formatCount(after.logStart)}
          </Td>
          <Td isRight className={error === null ? "" : "text-bad"}>
            {error ?? formatCount(eventCount)}
          </Td>
        </Tr>
      ))}
    </Table>
  );
}
