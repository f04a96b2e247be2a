"use client";
import { type ReactNode, useState } from "react";
import { Input, Select } from "../../ui/field.tsx";
import {
  parseResource,
  printResource,
  RESOURCE_KIND_NAMES,
  RESOURCE_KINDS,
} from "./audit-state.ts";

interface ResourceFilterProps {
  /** `topic:orders`, `topic:` for all of a kind. */
  readonly resource: string | null;
  readonly onChange: (resource: string | null) => void;
}

/** Changes of one kind of thing, or of one thing. */
export function ResourceFilter({ resource, onChange }: ResourceFilterProps): ReactNode {
  const { kind, name } = parseResource(resource);
  const [typed, setTyped] = useState(name);
  const finish = (): void => {
    if (typed.trim() !== name) onChange(printResource({ kind, name: typed }));
  };
  return (
    <>
      <Select
        aria-label="Of what kind"
        value={kind ?? ""}
        onChange={({ target }) =>
          onChange(
            printResource({
              kind: RESOURCE_KIND_NAMES.find((one) => one === target.value) ?? null,
              name: "",
            }),
          )
        }
      >
        <option value="">Of everything</option>
        {RESOURCE_KIND_NAMES.map((one) => (
          <option key={one} value={one}>
            {RESOURCE_KINDS[one]}
          </option>
        ))}
      </Select>
      {kind !== null && (
        <Input
          aria-label={`Which ${kind}`}
          value={typed}
          placeholder={`every ${kind}, or its exact name`}
          onChange={({ target }) => setTyped(target.value)}
          onBlur={finish}
          onKeyDown={({ key }) => {
            if (key === "Enter") finish();
          }}
          className="mono w-52 text-xs"
        />
      )}
    </>
  );
}
