"use client";
import { Download, GitCompare, SendHorizontal, X } from "lucide-react";
import type { ReactNode } from "react";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { ViewsMenu } from "../../ui/views-menu.tsx";
import { REPUBLISH_MAX } from "./republish.ts";

export type OpenDialog = "compare" | "republish" | "export";

interface ToolbarProps {
  readonly topic: string;
  /** Rows that are selected. */
  readonly chosenCount: number;
  readonly onClear: () => void;
  readonly onOpen: (dialog: OpenDialog) => void;
  readonly whyNoExport: string | null;
}

/** What can be done with the selected rows, and with all of the result. */
export function EventsToolbar({
  topic,
  chosenCount,
  onClear,
  onOpen,
  whyNoExport,
}: ToolbarProps): ReactNode {
  return (
    <span className="ml-auto flex flex-wrap items-center gap-1.5">
      {chosenCount > 0 && (
        <>
          <span className="text-sm text-muted">{formatCount(chosenCount)} selected</span>
          <Button look="ghost" onClick={onClear}>
            <X /> Clear
          </Button>
          <Button
            disabled={chosenCount !== 2}
            onClick={() => onOpen("compare")}
            title="Compare two events"
          >
            <GitCompare /> Compare
          </Button>
          <Button
            disabled={chosenCount > REPUBLISH_MAX}
            onClick={() => onOpen("republish")}
            title={`Produce them once more, at most ${REPUBLISH_MAX} at a time`}
          >
            <SendHorizontal /> Produce again …
          </Button>
        </>
      )}
      <ViewsMenu page={`events/${topic}`} />
      <Button
        disabled={whyNoExport !== null}
        title={whyNoExport ?? "All that this range and filter find, as a file"}
        onClick={() => onOpen("export")}
      >
        <Download /> Export …
      </Button>
    </span>
  );
}
