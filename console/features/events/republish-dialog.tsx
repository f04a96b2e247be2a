/** Produces events once more, to the same topic or another, after the broker has had a look. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import { api } from "../../lib/api.ts";
import { topicKeys, topicSearchQuery } from "../../lib/data/topics.ts";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Checkbox, Field, Input } from "../../ui/field.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { toastDone } from "../../ui/toast.tsx";
import { printRecord } from "./events-state.ts";
import { inOrder, readForRepublish } from "./republish.ts";

interface RepublishDialogProps {
  readonly topic: string;
  readonly records: readonly DecodedRecord[];
  readonly onClose: () => void;
}

const TOPICS_SHOWN = 20;

export function RepublishDialog({
  topic,
  records: chosen,
  onClose,
}: RepublishDialogProps): ReactNode {
  const records = inOrder(chosen);
  const [target, setTarget] = useState(topic);
  const [hasHeaders, setHasHeaders] = useState(true);
  const [keepsTime, setKeepsTime] = useState(false);
  const list = useId();
  const client = useQueryClient();
  const topics = useQuery(topicSearchQuery(target, TOPICS_SHOWN));
  const places = records.map(printRecord);
  const options = { hasHeaders, keepsTime };
  const check = useQuery({
    queryKey: ["republish-check", topic, target, places, options],
    queryFn: async () => {
      const body = { records: [...(await readForRepublish(topic, records, options))] };
      const answer = await api.produce({
        params: { topic: target },
        body,
        query: { dryRun: true },
      });
      return { body, answer };
    },
    enabled: target !== "",
    retry: false,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const produce = useMutation({
    mutationFn: (body: { records: Parameters<typeof api.produce>[0]["body"]["records"] }) =>
      api.produce({ params: { topic: target }, body }),
    onSuccess: ({ results }) => {
      toastDone(`${formatCount(results.length)} events are produced to ${target}`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: topicKeys.all }),
  });
  const error = produce.error ?? check.error;
  const data = check.data;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Produce ${formatCount(records.length)} events again`}
      description="Their keys and values go byte for byte; the partition follows from the key."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            disabled={data === undefined || error !== null || produce.isPending}
            onClick={() => {
              if (data !== undefined) produce.mutate(data.body);
            }}
          >
            {produce.isPending ? "Producing …" : `Produce to ${target}`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Field label="To the topic">
          {({ id }) => (
            <>
              <Input
                id={id}
                list={list}
                value={target}
                onChange={(event) => setTarget(event.target.value)}
              />
              <datalist id={list}>
                {topics.data?.items.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </datalist>
            </>
          )}
        </Field>
        <div className="flex gap-4">
          <Checkbox
            label="With their headers"
            checked={hasHeaders}
            onChange={(event) => setHasHeaders(event.target.checked)}
          />
          <Checkbox
            label="With their timestamps"
            checked={keepsTime}
            onChange={(event) => setKeepsTime(event.target.checked)}
          />
        </div>
        {error !== null && <ProblemPanel error={error} isInline />}
        {data !== undefined && error === null && (
          <Table
            label="What would be produced"
            className="max-h-64 overflow-y-auto rounded-md border border-line"
            head={
              <>
                <Th>Event</Th>
                <Th isRight>To partition</Th>
                <Th>The broker says</Th>
              </>
            }
          >
            {data.answer.results.map(({ partition, error: refusal }, index) => (
              <Tr key={places[index]}>
                <Td isMono>{places[index]}</Td>
                <Td isRight>{partition}</Td>
                <Td className={refusal === null ? "text-ok" : "text-bad"}>
                  {refusal ?? "it would take it"}
                </Td>
              </Tr>
            ))}
          </Table>
        )}
      </div>
    </Dialog>
  );
}
