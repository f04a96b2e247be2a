"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../lib/api.ts";
import { transactionKeys } from "../../lib/data/transactions.ts";
import { formatCount, formatNumberOf } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { toastDone } from "../../ui/toast.tsx";
import { Consequences } from "./consequences.tsx";
import type { OpenPlace } from "./page-state.ts";

interface AbortHangingDialogProps {
  readonly place: OpenPlace;
  readonly producerId: string;
  readonly onClose: () => void;
}

/** Aborts, in one partition, what nobody else will end. */
export function AbortHangingDialog({
  place: { topic, partition },
  producerId,
  onClose,
}: AbortHangingDialogProps): ReactNode {
  const client = useQueryClient();
  const params = { topic, partition, producerId };
  const preview = useQuery({
    queryKey: ["hanging-abort-preview", topic, partition, producerId],
    queryFn: ({ signal }) => api.abortHanging({ params, query: { dryRun: true } }, { signal }),
    gcTime: 0,
  });
  const abort = useMutation({
    mutationFn: () => api.abortHanging({ params }),
    onSuccess: () => {
      toastDone(`What hung in ${topic}, partition ${partition}, is aborted`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: transactionKeys.all }),
  });
  const error = abort.error ?? preview.error;
  const { data } = preview;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="small"
      title={`Abort what hangs in ${topic}, partition ${partition}`}
      description={
        data === undefined
          ? "Looking at what is open …"
          : `Producer ${producerId} has it open from offset ${formatCount(data.startOffset)}; ${heldText(data.before)}.`
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            disabled={data === undefined || abort.isPending}
            onClick={() => abort.mutate()}
          >
            Abort it here
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {error !== null && <ProblemPanel error={error} isInline />}
        <Consequences
          list={[
            "An abort marker is written into this partition alone.",
            "What the transaction wrote here stays in the log; readers with read_committed never see it, and go on.",
            "It cannot be committed afterwards. If its other partitions were committed, these events are missing there for good.",
          ]}
        />
      </div>
    </Dialog>
  );
}

function heldText({
  lastStableOffset,
  highWatermark,
}: {
  readonly lastStableOffset: number;
  readonly highWatermark: number;
}): string {
  return `${formatNumberOf(highWatermark - lastStableOffset, "event")} held back`;
}
