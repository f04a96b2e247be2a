/** Before → After of changed settings, from the broker's dry run; then the change itself. */
"use client";
import type { Config } from "@runnel/contracts/configs.ts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../lib/api.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { toastDone } from "../../ui/toast.tsx";
import type { Changes } from "./config-changes.ts";
import { describeValue } from "./config-input.tsx";

interface ConfigReviewProps {
  readonly topic: string;
  /** Of what the changes were made from: if somebody else was faster, nothing is done. */
  readonly etag: string;
  readonly changes: Changes;
  readonly configs: readonly Config[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function ConfigReview({
  topic,
  etag,
  changes,
  configs,
  onClose,
  onDone,
}: ConfigReviewProps): ReactNode {
  const client = useQueryClient();
  const input = { params: { topic }, body: { configs: { ...changes } } };
  const preview = useQuery({
    queryKey: ["config-preview", topic, changes],
    queryFn: ({ signal }) =>
      api.changeTopicConfigs({ ...input, query: { dryRun: true } }, { signal, ifMatch: etag }),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const apply = useMutation({
    mutationFn: () => api.changeTopicConfigs(input, { ifMatch: etag }),
    onSuccess: () => {
      toastDone(`The settings of ${topic} are changed`);
      onDone();
    },
    onSettled: () => client.invalidateQueries({ queryKey: topicKeys.all }),
  });
  const error = apply.error ?? preview.error;
  const show = (name: string, value: string | null): string => {
    const config = configs.find((one) => one.name === name);
    return config === undefined ? (value ?? "not set") : describeValue(config, value);
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Change settings of ${topic}`}
      description="This is what the broker says will be."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            disabled={preview.data === undefined || preview.error !== null || apply.isPending}
            onClick={() => apply.mutate()}
          >
            {apply.isPending ? "Applying …" : "Apply"}
          </Button>
        </>
      }
    >
      {error !== null && <ProblemPanel error={error} isInline />}
      {preview.isPending && <Skeleton className="h-20" />}
      {preview.data !== undefined && (
        <Table
          label="Before and after"
          head={
            <>
              <Th>Setting</Th>
              <Th>Before</Th>
              <Th>After</Th>
            </>
          }
        >
          {preview.data.changes.map(({ name, before, after }) => (
            <Tr key={name}>
              <Td isMono>{name}</Td>
              <Td isMono className="text-muted">
                {show(name, before.value)} <span className="text-faint">({before.origin})</span>
              </Td>
              <Td isMono className="font-medium">
                {show(name, after.value)} <span className="text-faint">({after.origin})</span>
              </Td>
            </Tr>
          ))}
        </Table>
      )}
    </Dialog>
  );
}
