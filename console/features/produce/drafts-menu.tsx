"use client";
import { Bookmark } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import type { EventDraft } from "./draft.ts";
import { draftsOf } from "./saved-drafts.ts";

const DraftsDialog = dynamic(
  () => import("./drafts-dialog.tsx").then((module) => module.DraftsDialog),
  { ssr: false },
);

export interface DraftsProps {
  readonly topic: string;
  readonly draft: EventDraft;
  readonly onDraft: (draft: EventDraft) => void;
}

/** Events by name, to be written again: of this topic, in this browser. */
export function DraftsMenu({ topic, draft, onDraft }: DraftsProps): ReactNode {
  const drafts = draftsOf(topic).use();
  const [isNaming, setIsNaming] = useState(false);
  return (
    <>
      <Menu
        label="Templates"
        look="plain"
        trigger={
          <>
            <Bookmark /> Templates
          </>
        }
      >
        {drafts.map((one) => (
          <MenuItem key={one.name} onSelect={() => onDraft(one.draft)}>
            {one.name}
          </MenuItem>
        ))}
        {drafts.length > 0 && <MenuSeparator />}
        <MenuItem onSelect={() => setIsNaming(true)}>Save or remove templates …</MenuItem>
      </Menu>
      {isNaming && <DraftsDialog topic={topic} draft={draft} onClose={() => setIsNaming(false)} />}
    </>
  );
}
