/** Which stretch of the topic: order or live, from and to, partitions. */
"use client";
import { parsePlace, printPlace } from "@runnel/contracts/event-places.ts";
import { useQuery } from "@tanstack/react-query";
import { CalendarClock } from "lucide-react";
import { type ReactNode, useEffect, useId, useState } from "react";
import { topicGroupsQuery } from "../../lib/data/topics.ts";
import { formatTime } from "../../lib/format.ts";
import { usePreferences } from "../../lib/preferences.ts";
import { parseTime } from "../../lib/time-text.ts";
import { StatusDot } from "../../ui/badge.tsx";
import { Input, Segmented } from "../../ui/field.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import type { EventsState, Mode } from "./events-state.ts";

interface RangeControlsProps {
  readonly topic: string;
  readonly state: EventsState;
  readonly setState: (change: Partial<EventsState>) => unknown;
}

const QUICK: readonly (readonly [string, number])[] = [
  ["Last 5 minutes", 300_000],
  ["Last 15 minutes", 900_000],
  ["Last hour", 3_600_000],
  ["Last 6 hours", 21_600_000],
  ["Last 24 hours", 86_400_000],
  ["Last 7 days", 604_800_000],
];

export function RangeControls({ topic, state, setState }: RangeControlsProps): ReactNode {
  const { mode, from, to, partitions } = state;
  const isLive = mode === "live";
  return (
    <>
      <Segmented<Mode>
        label="Order"
        value={mode}
        onChange={(next) => setState({ mode: next })}
        options={[
          ["newest", "Newest"],
          ["oldest", "Oldest"],
          [
            "live",
            <span key="live" className="flex items-center gap-1.5">
              <StatusDot tone={isLive ? "bad" : "neutral"} isLive={isLive} /> Live
            </span>,
          ],
        ]}
      />
      {!isLive && (
        <>
          <Menu label="Quick ranges" look="plain" isIcon trigger={<CalendarClock />}>
            {QUICK.map(([title, ms]) => (
              <MenuItem
                key={title}
                onSelect={() => setState({ from: `time:${Date.now() - ms}`, to: null })}
              >
                {title}
              </MenuItem>
            ))}
            <MenuSeparator />
            <MenuItem onSelect={() => setState({ from: null, to: null })}>Everything</MenuItem>
            <GroupItems topic={topic} setState={setState} />
          </Menu>
          <PlaceInput
            label="From"
            placeholder="the oldest"
            value={from}
            onChange={(next) => setState({ from: next })}
          />
          <PlaceInput
            label="To"
            placeholder="now"
            value={to}
            onChange={(next) => setState({ to: next })}
          />
        </>
      )}
      <PartitionInput value={partitions} onChange={(next) => setState({ partitions: next })} />
    </>
  );
}

/** Groups from whose place one may read on; loaded when the list is opened. */
const GROUPS_SHOWN = 10;

function GroupItems({ topic, setState }: Omit<RangeControlsProps, "state">): ReactNode {
  const { data } = useQuery(topicGroupsQuery(topic));
  const groups = data?.items.slice(0, GROUPS_SHOWN) ?? [];
  if (groups.length === 0) return null;
  return (
    <>
      <MenuSeparator />
      {groups.map(({ groupId }) => (
        <MenuItem
          key={groupId}
          onSelect={() => setState({ mode: "oldest", from: `group:${groupId}`, to: null })}
        >
          What {groupId} has not read
        </MenuItem>
      ))}
    </>
  );
}

interface PlaceInputProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
}

const HELP = "15m · 2026-11-24 05:37 · offset:1042 · group:billing · Enter";

/** A place in the topic: a time in many forms, an offset, or where a group is. */
function PlaceInput({ label, placeholder, value, onChange }: PlaceInputProps): ReactNode {
  const id = useId();
  const { zone } = usePreferences();
  const shown = showPlace(value, zone);
  const [text, setText] = useState(shown);
  const [isWrong, setIsWrong] = useState(false);
  useEffect(() => {
    setText(shown);
    setIsWrong(false);
  }, [shown]);
  const take = (): void => {
    if (text === shown) return;
    const place = readPlace(text, zone, Date.now());
    setIsWrong(place === undefined);
    if (place !== undefined) onChange(place);
  };
  return (
    <label htmlFor={id} className="flex items-center gap-1.5 text-xs text-muted">
      {label}
      <Input
        id={id}
        value={text}
        placeholder={placeholder}
        title={HELP}
        aria-invalid={isWrong}
        onChange={({ target }) => setText(target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          take();
        }}
        className="mono w-44 text-xs"
      />
    </label>
  );
}

/** As people write it; "" for none. */
export function showPlace(value: string | null, zone: string): string {
  const place = value === null ? null : parsePlace(value);
  if (place === null) return "";
  return place.kind === "time" ? formatTime(place.timestamp, zone) : printPlace(place);
}

/** As the API writes it; null for none, undefined for what cannot be understood. */
export function readPlace(text: string, zone: string, now: number): string | null | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  const place = parsePlace(trimmed);
  if (place !== null) return printPlace(place);
  const at = parseTime(trimmed, zone, now);
  return at === null || at < 0 ? undefined : `time:${at}`;
}

function PartitionInput({
  value,
  onChange,
}: {
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
}): ReactNode {
  const id = useId();
  const [text, setText] = useState(value ?? "");
  useEffect(() => setText(value ?? ""), [value]);
  const isValid = /^(all|\d+(-\d+)?(,\d+(-\d+)?)*)?$/.test(text.replaceAll(" ", ""));
  const take = (): void => {
    if (isValid) onChange(text.replaceAll(" ", "") || null);
  };
  return (
    <label htmlFor={id} className="flex items-center gap-1.5 text-xs text-muted">
      Partitions
      <Input
        id={id}
        value={text}
        placeholder="all"
        title="0,3,5-9"
        aria-invalid={!isValid}
        onChange={({ target }) => setText(target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          take();
        }}
        className="mono w-20 text-xs"
      />
    </label>
  );
}
