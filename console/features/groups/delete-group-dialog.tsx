"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api } from "../../lib/api.ts";
import { groupKeys } from "../../lib/data/groups.ts";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { toastDone } from "../../ui/toast.tsx";

interface DeleteGroupDialogProps {
  readonly group: string;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

/** Deletes a group and what it committed, if nobody is in it. */
export function DeleteGroupDialog({
  group,
  onClose,
  onDeleted,
}: DeleteGroupDialogProps): ReactNode {
  const [typed, setTyped] = useState("");
  const client = useQueryClient();
  const preview = useQuery({
    queryKey: ["group-delete-preview", group],
    queryFn: ({ signal }) =>
      api.deleteGroup({ params: { group }, query: { dryRun: true } }, { signal }),
    gcTime: 0,
  });
  const remove = useMutation({
    mutationFn: () => api.deleteGroup({ params: { group } }),
    onSuccess: () => {
      toastDone(`${group} is deleted`);
      onDeleted();
    },
    onSettled: () => client.invalidateQueries({ queryKey: groupKeys.all }),
  });
  const error = remove.error ?? preview.error;
  const before = preview.data?.before;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="small"
      title={`Delete ${group}`}
      description={
        before === undefined
          ? "Looking at what would go …"
          : `${formatCount(before.offsetCount)} committed offsets in ${formatCount(before.topicCount)} topics go for good. A group of this name begins anew.`
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            disabled={typed !== group || before === undefined || remove.isPending}
            onClick={() => remove.mutate()}
          >
            Delete for good
          </Button>
        </>
      }
    >
      {error !== null && <ProblemPanel error={error} isInline />}
      <Field label={`Type ${group} to confirm`}>
        {({ id }) => (
          <Input id={id} value={typed} onChange={(event) => setTyped(event.target.value)} />
        )}
      </Field>
    </Dialog>
  );
}
