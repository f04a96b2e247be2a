"use client";
import type { GroupOffset } from "@runnel/contracts/groups.ts";
import type { ReactNode } from "react";
import type { EveryRow } from "../../lib/data/every-page.ts";
import { formatCount } from "../../lib/format.ts";
import { Checkbox, Field, Select } from "../../ui/field.tsx";
import type { ResetState, SetResetState } from "./reset-state.ts";

interface ResetScopeProps {
  readonly state: ResetState;
  readonly setState: SetResetState;
  /** Null until they have come. */
  readonly offsets: EveryRow<GroupOffset> | null;
}

/** All that the group committed, one topic, or some of its partitions. */
export function ResetScope({ state, setState, offsets }: ResetScopeProps): ReactNode {
  const rows = offsets?.rows ?? [];
  const topics = [...new Set(rows.map(({ topic }) => topic))];
  const count = offsets === null ? "…" : `${topics.length}${offsets.isAll ? "" : " or more"}`;
  const known =
    state.topic !== null && !topics.includes(state.topic) ? [state.topic, ...topics] : topics;
  const own = rows.filter(({ topic }) => topic === state.topic).map(({ partition }) => partition);
  const chosen = new Set(state.partitions ?? []);
  const toggle = (partition: number): void => {
    if (!chosen.delete(partition)) chosen.add(partition);
    setState({ partitions: chosen.size === 0 ? null : [...chosen].sort((a, b) => a - b) });
  };
  return (
    <div className="flex flex-col gap-3">
      <Field label="Topic" hint="The others stay as they are">
        {({ id, describedBy }) => (
          <Select
            id={id}
            aria-describedby={describedBy}
            value={state.topic ?? ""}
            onChange={({ target }) =>
              setState({ topic: target.value === "" ? null : target.value, partitions: null })
            }
            className="max-w-96"
          >
            <option value="">Every topic that it committed ({count})</option>
            {known.map((topic) => (
              <option key={topic}>{topic}</option>
            ))}
          </Select>
        )}
      </Field>
      {state.topic !== null && own.length > 0 && (
        <fieldset>
          <legend className="pb-1 text-sm font-medium">
            Partitions <span className="font-normal text-faint">(none marked: all)</span>
          </legend>
          <div className="flex max-h-40 flex-wrap gap-x-4 gap-y-1 overflow-y-auto">
            {own.map((partition) => (
              <Checkbox
                key={partition}
                label={<span className="mono text-xs">{partition}</span>}
                checked={chosen.has(partition)}
                onChange={() => toggle(partition)}
              />
            ))}
          </div>
        </fieldset>
      )}
      {offsets?.isAll === false && (
        <p className="text-sm text-muted">
          Only the first {formatCount(rows.length)} partitions can be chosen one by one.
        </p>
      )}
    </div>
  );
}
