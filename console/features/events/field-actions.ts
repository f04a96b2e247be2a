"use client";
import type { Comparison } from "@runnel/contracts/filter-model.ts";
import type { JsonRow } from "../../lib/json-tree.ts";
import type { FieldAction } from "../../ui/json-view.tsx";
import type { EventsState, SetEventsState } from "./events-state.ts";
import { withCondition } from "./facets.ts";
import { fieldText, operandOf } from "./fields.ts";

/** What the viewer offers for a field: verbs on data. */
export function fieldActions(state: EventsState, setState: SetEventsState): readonly FieldAction[] {
  const isScalar = ({ kind }: JsonRow): boolean => kind !== "object" && kind !== "array";
  const add = (row: JsonRow, operator: Comparison["operator"]): void => {
    const field = { kind: "value" as const, path: [...row.path] };
    const condition = { kind: "compare" as const, field, operator, operand: operandOf(row.text) };
    void setState({ f: withCondition(state.f, condition) });
  };
  return [
    {
      title: "Only events with this",
      isFor: (row) => isScalar(row) && !row.isCut,
      run: (row) => add(row, "equals"),
    },
    {
      title: "Only events without this",
      isFor: (row) => isScalar(row) && !row.isCut,
      run: (row) => add(row, "notEquals"),
    },
    {
      title: "Show as a column",
      isFor: ({ path }) => path.length > 0,
      run: ({ path }) => void setState({ cols: [...new Set([...state.cols, fieldText(path)])] }),
    },
    {
      title: "Remove the column",
      isFor: ({ path }) => path.length > 0 && state.cols.includes(fieldText(path)),
      run: ({ path }) =>
        void setState({ cols: state.cols.filter((one) => one !== fieldText(path)) }),
    },
  ];
}
