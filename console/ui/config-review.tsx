/** Before → After of changed settings, from the broker's dry run; then the change itself. */
"use client";
import type { Config, ConfigChanges } from "@runnel/contracts/configs.ts";
import { type QueryKey, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import type { Changes } from "./config-changes.ts";
import { describeValue } from "./config-input.tsx";
import { ORIGINS } from "./config-row.tsx";
import { Dialog } from "./dialog.tsx";
import { Skeleton } from "./skeleton.tsx";
import { ProblemPanel } from "./states.tsx";
import { Table, Td, Th, Tr } from "./table.tsx";
import { toastDone } from "./toast.tsx";

interface ConfigReviewProps {
  /** Whose settings: "topic orders". */
  readonly subject: string;
  readonly changes: Changes;
  readonly configs: readonly Config[];
  /** Asks the broker; a dry run changes nothing. If somebody else was faster, it must be refused. */
  readonly send: (isDryRun: boolean, signal?: AbortSignal) => Promise<ConfigChanges>;
  /** Of what is read anew afterwards. */
  readonly queryKey: QueryKey;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function ConfigReview(props: ConfigReviewProps): ReactNode {
  const { subject, changes, configs, send, queryKey, onClose, onDone } = props;
  const client = useQueryClient();
  const preview = useQuery({
    queryKey: ["config-preview", subject, changes],
    queryFn: ({ signal }) => send(true, signal),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const apply = useMutation({
    mutationFn: () => send(false),
    onSuccess: () => {
      toastDone(`The settings of ${subject} are changed`);
      onDone();
    },
    onSettled: () => client.invalidateQueries({ queryKey }),
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
      title={`Change settings of ${subject}`}
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
                {show(name, before.value)}{" "}
                <span className="text-faint">({ORIGINS[before.origin][1]})</span>
              </Td>
              <Td isMono className="font-medium">
                {show(name, after.value)}{" "}
                <span className="text-faint">({ORIGINS[after.origin][1]})</span>
              </Td>
            </Tr>
          ))}
        </Table>
      )}
    </Dialog>
  );
}
