"use client";
import { Trash2 } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { viewsOf, withView } from "../lib/saved-views.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Field, Input } from "./field.tsx";

interface ViewsDialogProps {
  readonly page: string;
  readonly onClose: () => void;
}

/** Names the view as it is now, and removes others. */
export function ViewsDialog({ page, onClose }: ViewsDialogProps): ReactNode {
  const store = viewsOf(page);
  const views = store.use();
  const [name, setName] = useState("");
  const save = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() === "") return;
    store.write(withView(views, { name: name.trim(), search: location.search.slice(1) }));
    onClose();
    setName("");
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="small"
      title="Saved views"
      description="A view is what the address of this page says now. It stays in this browser."
    >
      <form onSubmit={save} className="flex items-end gap-2">
        <Field label="Name of the view as it is now" className="flex-1">
          {({ id }) => (
            <Input
              id={id}
              value={name}
              maxLength={60}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" look="primary" className="mb-[18px]" disabled={name.trim() === ""}>
          Save
        </Button>
      </form>
      <ul>
        {views.map((view) => (
          <li
            key={view.name}
            className="flex h-8 items-center justify-between border-t border-line"
          >
            {view.name}
            <Button
              look="ghost"
              isIcon
              aria-label={`Remove the view ${view.name}`}
              onClick={() => store.write(views.filter((one) => one.name !== view.name))}
            >
              <Trash2 />
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
