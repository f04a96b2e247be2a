import { Fragment, type ReactNode } from "react";

const NAMES: Readonly<Record<string, string>> = {
  Mod: "Ctrl",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Enter: "↵",
  Escape: "Esc",
};

/** The keys of a command, as `Command.keys` writes them. */
export function Keys({ keys }: { readonly keys: string }): ReactNode {
  return (
    <span className="inline-flex items-center gap-1">
      {keys.split(" ").map((press, index) => (
        <Fragment key={`${index}${press}`}>
          {index > 0 && <span className="text-2xs text-faint">then</span>}
          {press.split("+").map((key) => (
            <kbd
              key={key}
              className="inline-flex h-[18px] min-w-[18px] items-center justify-center rounded border border-line-strong bg-surface px-1 font-sans text-2xs text-muted"
            >
              {NAMES[key] ?? key}
            </kbd>
          ))}
        </Fragment>
      ))}
    </span>
  );
}
