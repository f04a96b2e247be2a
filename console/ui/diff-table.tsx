import type { ReactNode } from "react";
import { type Difference, placeText } from "../lib/json-diff.ts";
import { Table, Td, Th, Tr } from "./table.tsx";

interface DiffTableProps {
  readonly before: string;
  readonly after: string;
  /** Null where the texts are no JSON: then they stand beside each other. */
  readonly differences: readonly Difference[] | null;
}

const TEXT_CHARS_MAX = 20_000;

export function DiffTable({ before, after, differences }: DiffTableProps): ReactNode {
  if (differences === null) {
    return before === after ? (
      <p className="text-muted">They are the same.</p>
    ) : (
      <div className="grid gap-3 md:grid-cols-2">
        {[before, after].map((text, index) => (
          <pre
            key={`${index}`}
            className="mono overflow-x-auto rounded bg-raised p-2 text-xs whitespace-pre-wrap"
          >
            {text.slice(0, TEXT_CHARS_MAX)}
          </pre>
        ))}
      </div>
    );
  }
  if (differences.length === 0) return <p className="text-muted">The values are the same.</p>;
  return (
    <Table
      label="Differences"
      head={
        <>
          <Th>Field</Th>
          <Th>Before</Th>
          <Th>After</Th>
        </>
      }
    >
      {differences.map(({ path, before: from, after: to }) => (
        <Tr key={path.join("\0")}>
          <Td isMono>{path.length === 0 ? "the whole" : placeText(path)}</Td>
          <Td isMono className="max-w-96 truncate text-bad" title={from ?? undefined}>
            {from ?? <span className="text-faint">–</span>}
          </Td>
          <Td isMono className="max-w-96 truncate text-ok" title={to ?? undefined}>
            {to ?? <span className="text-faint">–</span>}
          </Td>
        </Tr>
      ))}
    </Table>
  );
}
