/** The dialogs of the event browser, each loaded when it is first opened. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import type { Query } from "./events-state.ts";
import type { OpenDialog } from "./events-toolbar.tsx";

const RepublishDialog = dynamic(
  () => import("./republish-dialog.tsx").then((module) => module.RepublishDialog),
  { ssr: false },
);
const ExportDialog = dynamic(
  () => import("./export-dialog.tsx").then((module) => module.ExportDialog),
  { ssr: false },
);
const CompareDialog = dynamic(
  () => import("./compare-dialog.tsx").then((module) => module.CompareDialog),
  { ssr: false },
);

interface EventDialogsProps {
  readonly topic: string;
  readonly query: Query;
  /** Null for none. */
  readonly open: OpenDialog | null;
  /** Events that are selected now. */
  readonly chosen: readonly DecodedRecord[];
  readonly onClose: () => void;
}

export function EventDialogs({ open, ...props }: EventDialogsProps): ReactNode {
  return open === null ? null : <EventDialog key={open} open={open} {...props} />;
}

function EventDialog({
  topic,
  query,
  open,
  chosen,
  onClose,
}: EventDialogsProps & { readonly open: OpenDialog }): ReactNode {
  // Live rows go on behind a dialog: it is about those that were selected when it was opened.
  const [records] = useState(chosen);
  switch (open) {
    case "export":
      return <ExportDialog topic={topic} query={query} onClose={onClose} />;
    case "republish":
      return records.length === 0 ? null : (
        <RepublishDialog topic={topic} records={records} onClose={onClose} />
      );
    case "compare":
      return records.length !== 2 ? null : (
        <CompareDialog topic={topic} records={records} onClose={onClose} />
      );
  }
}
