import type { ReactNode } from "react";

/** A sentence of the settings' table, in which code stands between backticks. */
export function DocText({ text }: { readonly text: string }): ReactNode {
  return text.split("`").map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <code key={`${index}${part}`} className="mono rounded bg-raised px-1 text-[0.92em]">
        {part}
      </code>
    ),
  );
}
