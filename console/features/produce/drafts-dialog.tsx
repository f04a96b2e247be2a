"use client";
import { Trash2 } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { toastDone } from "../../ui/toast.tsx";
import type { EventDraft } from "./draft.ts";
import { DRAFT_CHARS_MAX, draftsOf, withDraft } from "./saved-drafts.ts";

interface DraftsDialogProps {
  readonly topic: string;
  readonly draft: EventDraft;
  readonly onClose: () => void;
}

/** Names the event as it is written now, and removes others. */
export function DraftsDialog({ topic, draft, onClose }: DraftsDialogProps): ReactNode {
  const store = draftsOf(topic);
  const drafts = store.use();
  const [name, setName] = useState("");
  const isTooLarge = JSON.stringify(draft).length > DRAFT_CHARS_MAX;
  const save = (event: FormEvent): void => {
    event.preventDefault();
    // A form within the form of the page, as React sees it
    event.stopPropagation();
    if (name.trim() === "" || isTooLarge) return;
    store.write(withDraft(drafts, { name: name.trim(), draft }));
    toastDone(`The template ${name.trim()} is saved`);
    onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="small"
      title="Templates"
      description={`An event to be written again to ${topic === "" ? "any topic" : topic}. It stays in this browser.`}
    >
      <form onSubmit={save} className="flex items-end gap-2">
        <Field
          label="Name of the event as it is written now"
          className="flex-1"
          error={
            isTooLarge
              ? `It is too large to be kept: at most ${formatCount(DRAFT_CHARS_MAX)} characters`
              : undefined
          }
        >
          {({ id, describedBy }) => (
            <Input
              id={id}
              aria-describedby={describedBy}
              value={name}
              maxLength={60}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Button
          type="submit"
          look="primary"
          className="mb-[18px]"
          disabled={name.trim() === "" || isTooLarge}
        >
          Save
        </Button>
      </form>
      <ul>
        {drafts.map((one) => (
          <li key={one.name} className="flex h-8 items-center justify-between border-t border-line">
            {one.name}
            <Button
              look="ghost"
              isIcon
              aria-label={`Remove the template ${one.name}`}
              onClick={() => store.write(drafts.filter((each) => each.name !== one.name))}
            >
              <Trash2 />
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
