import type { ReactNode } from "react";

/** What will come of something, before it is done. */
export function Consequences({ list }: { readonly list: readonly string[] }): ReactNode {
  return (
    <ul className="flex list-disc flex-col gap-1.5 pl-4 marker:text-faint">
      {list.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}
