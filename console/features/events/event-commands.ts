/** What the keyboard and the palette do on the page of events. */
"use client";
import { type Command, useCommands } from "../../lib/commands.ts";
import { setPreferences, usePreferences } from "../../lib/preferences.ts";
import type { SetEventsState } from "./events-state.ts";
import type { OpenDialog } from "./events-toolbar.tsx";
import { REPUBLISH_MAX } from "./republish.ts";
import type { LiveControl } from "./use-live.ts";

interface EventCommands {
  readonly isLive: boolean;
  readonly live: LiveControl;
  readonly setState: SetEventsState;
  /** Rows that are selected. */
  readonly chosenCount: number;
  readonly onOpen: (dialog: OpenDialog) => void;
}

export function useEventCommands({
  isLive,
  live,
  setState,
  chosenCount,
  onOpen,
}: EventCommands): void {
  const { areFieldsOpen, dock } = usePreferences();
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
      id: "events-fields",
      title: areFieldsOpen ? "Hide the fields" : "Show the fields",
      group: "This page",
      keys: "f",
      run: () => setPreferences({ areFieldsOpen: !areFieldsOpen }),
    },
    {
      id: "events-dock",
      title: dock === "right" ? "Show events below the rows" : "Show events on the right",
      group: "This page",
      keys: "d",
      run: () => setPreferences({ dock: dock === "right" ? "bottom" : "right" }),
    },
    {
      id: "events-close",
      title: "Close the event",
      group: "This page",
      keys: "Escape",
      run: () => void setState({ r: null }),
    },
    {
      id: "events-export",
      title: "Export the result",
      group: "This page",
      keys: "Shift+E",
      run: () => onOpen("export"),
    },
    ...selectionCommands(chosenCount, onOpen),
    { id: "events-rows", title: "To the rows", group: "Table", keys: "j", run: focusRows },
    ...GRID_COMMANDS,
  ]);
}

function selectionCommands(
  chosenCount: number,
  onOpen: (dialog: OpenDialog) => void,
): readonly Command[] {
  const group = "This page";
  const compare: Command = {
    id: "events-compare",
    title: "Compare the two selected events",
    group,
    keys: "c",
    run: () => onOpen("compare"),
  };
  const republish: Command = {
    id: "events-republish",
    title: "Produce the selected events again",
    group,
    run: () => onOpen("republish"),
  };
  return [
    ...(chosenCount === 2 ? [compare] : []),
    ...(chosenCount > 0 && chosenCount <= REPUBLISH_MAX ? [republish] : []),
  ];
}

/** From wherever one is: then the arrows, j and k, Enter and x are the table's. */
function focusRows(): void {
  document.querySelector<HTMLElement>("[role=grid]")?.focus();
}

const nothing = (): void => {};
/** Keys that the table handles itself, for the sheet. */
const GRID_COMMANDS = [
  {
    id: "grid-move",
    title: "Down and up",
    group: "Table",
    keys: "j k",
    run: nothing,
    isLocal: true,
  },
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
