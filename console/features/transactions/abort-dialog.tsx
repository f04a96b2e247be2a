"use client";
import type { Transaction } from "@runnel/contracts/transactions.ts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../lib/api.ts";
import { transactionKeys } from "../../lib/data/transactions.ts";
import { formatNumberOf, formatSpan } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { toastDone, toastNote } from "../../ui/toast.tsx";
import { Consequences } from "./consequences.tsx";

interface AbortDialogProps {
  readonly transaction: Transaction;
  readonly onClose: () => void;
}

/** Aborts what is under way under an id: the transaction that was looked at, and no later one. */
export function AbortDialog({ transaction, onClose }: AbortDialogProps): ReactNode {
  const { transactionalId, producerId, groups } = transaction;
  const client = useQueryClient();
  const params = { transactionalId };
  const preview = useQuery({
    queryKey: ["transaction-abort-preview", transactionalId],
    queryFn: ({ signal }) => api.abortTransaction({ params, query: { dryRun: true } }, { signal }),
    gcTime: 0,
  });
  const abort = useMutation({
    mutationFn: (ifMatch: string) => api.abortTransaction({ params }, { ifMatch }),
    onSuccess: ({ after }) => {
      if (after.state === "CompleteAbort")
        toastDone(`The transaction of ${transactionalId} is aborted`);
      else {
        const text = "It is decided; the last markers are still being written into its partitions.";
        toastNote(`The transaction of ${transactionalId} is being aborted`, text);
      }
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: transactionKeys.all }),
  });
  const error = abort.error ?? preview.error;
  const { data } = preview;
  const names = groups.map(({ groupId }) => groupId).join(", ");
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="small"
      title={`Abort the transaction of ${transactionalId}`}
      description={
        data === undefined
          ? "Looking at what is open …"
          : `It is open in ${formatNumberOf(data.before.partitionCount, "partition")}.`
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            disabled={data === undefined || abort.isPending}
            onClick={() => data !== undefined && abort.mutate(data.etag)}
          >
            Abort the transaction
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {error !== null && <ProblemPanel error={error} isInline />}
        <Consequences
          list={[
            "What it has written stays in the log, and readers with read_committed never see it; those with read_uncommitted have.",
            "Readers with read_committed go on behind it, in all its partitions.",
            ...(groups.length === 0
              ? []
              : [
                  `The offsets of ${names} stay where they are: what was read for it is read again.`,
                ]),
            `Its producer (${producerId}) is fenced: what it sends next is refused, and so is its commit. The application begins again, as after a crash.`,
          ]}
        />
        <p className="text-muted">
          Left alone, it ends with its producer, or is aborted by the broker {leftOf(transaction)}.
        </p>
      </div>
    </Dialog>
  );
}

function leftOf({ runningMs, timeoutMs }: Transaction): string {
  const left = timeoutMs - (runningMs ?? 0);
  return left <= 0 ? "at any moment" : `in ${formatSpan(left)}`;
}
