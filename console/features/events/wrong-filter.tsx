"use client";
import { FilterX } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/states.tsx";

/** Stands where rows would; what is wrong says the filter bar. */
export function WrongFilter({ onClear }: { readonly onClear: () => void }): ReactNode {
  return (
    <Empty
      icon={<FilterX />}
      title="The filter cannot be read"
      actions={<Button onClick={onClear}>Clear the filter</Button>}
    >
      Nothing is searched until it is mended.
    </Empty>
  );
}
