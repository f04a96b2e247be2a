/** What the keyboard and the palette do on the page of events. */
"use client";
import { useCommands } from "../../lib/commands.ts";
import type { SetEventsState } from "./events-state.ts";
import type { LiveControl } from "./use-live.ts";

interface EventCommands {
  readonly isLive: boolean;
  readonly live: LiveControl;
  readonly setState: SetEventsState;
  readonly onExport: () => void;
}

export function useEventCommands({ isLive, live, setState, onExport }: EventCommands): void {
  useCommands([
    {
      id: "events-live",
      title: isLive ? "Stop following" : "Follow live",
      group: "This page",
      keys: "l",
      run: () => void setState({ mode: isLive ? "newest" : "live" }),
    },
    ...(isLive
      ? [
          {
            id: "events-pause",
            title: live.isPaused ? "Go on" : "Pause",
            group: "This page" as const,
            keys: "Space",
            run: () => live.setIsPaused(!live.isPaused),
          },
        ]
      : []),
    {
      id: "events-close",
      title: "Close the event",
      group: "This page",
      keys: "Escape",
      run: () => void setState({ r: null }),
    },
    { id: "events-export", title: "Export the result", group: "This page", run: onExport },
    ...GRID_COMMANDS,
  ]);
}

const nothing = (): void => {};
/** Keys that the table handles itself, for the sheet. */
const GRID_COMMANDS = [
  { id: "grid-move", title: "Up and down", group: "Table", keys: "j", run: nothing, isLocal: true },
  {
    id: "grid-open",
    title: "Open the row",
    group: "Table",
    keys: "Enter",
    run: nothing,
    isLocal: true,
  },
  {
    id: "grid-select",
    title: "Select the row",
    group: "Table",
    keys: "x",
    run: nothing,
    isLocal: true,
  },
] as const;
