/**
 * Flags of the repository's own tools, such as the benchmark. `--help` prints the usage; what cannot be
 * understood ends with a sentence, the usage, and 2.
 */
import { parseArgs } from "node:util";

/** Bad usage of a tool; the message is one sentence that says what is allowed. */
export class ToolUsageError extends Error {
  override name = "ToolUsageError";
}

export interface ToolFlag {
  /** What stands for the value in the usage; null for a switch. */
  readonly value: string | null;
  readonly text: string;
}

export interface Tool<Name extends string> {
  /** As it is typed, such as `npm run bench --`. */
  readonly command: string;
  readonly about: string;
  readonly flags: Readonly<Record<Name, ToolFlag>>;
}

/** The flags that were given: text, or "" for a switch. */
export type GivenFlags<Name extends string> = Readonly<Partial<Record<Name, string>>>;

/** Null for `--help`. Throws `ToolUsageError` for what the tool does not know. */
export function parseToolFlags<Name extends string>(
  tool: Tool<Name>,
  args: readonly string[],
): GivenFlags<Name> | null {
  const known = Object.entries<ToolFlag>(tool.flags);
  const options = Object.fromEntries(
    known.map(([name, { value }]) => [
      name,
      { type: value === null ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  let values: Readonly<Record<string, unknown>>;
  try {
    const all = { ...options, help: { type: "boolean" as const, short: "h" } };
    ({ values } = parseArgs({ args: [...args], options: all, allowPositionals: false }));
  } catch (error) {
    throw new ToolUsageError(error instanceof Error ? error.message : String(error));
  }
  if (values["help"] === true) return null;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? value : ""]),
  ) as GivenFlags<Name>;
}

/** The whole number in `text`, or `missing` where the flag was not given. */
export function wholeNumber(
  text: string | undefined,
  flag: string,
  { min, missing }: { readonly min: number; readonly missing: number },
): number {
  if (text === undefined) return missing;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min) return value;
  throw new ToolUsageError(`--${flag}: "${text}" is not a whole number of ${min} or more`);
}

/** How the tool is called, and what its flags do. */
export function usageOf({ command, about, flags }: Tool<string>): string {
  const rows = Object.entries(flags).map(([name, { value, text }]) => {
    return [`--${name}${value === null ? "" : ` ${value}`}`, text] as const;
  });
  const width = Math.max(...rows.map(([flag]) => flag.length));
  const lines = rows.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`);
  return `Usage: ${command} [flags]\n\n${about}\n\n${lines.join("\n")}\n`;
}

/** Runs a tool with the flags of this process, and says with the exit code how it was called. */
export async function runTool<Name extends string>(
  tool: Tool<Name>,
  run: (flags: GivenFlags<Name>) => Promise<void>,
): Promise<void> {
  try {
    const flags = parseToolFlags(tool, process.argv.slice(2));
    if (flags === null) process.stdout.write(usageOf(tool));
    else await run(flags);
  } catch (error) {
    if (!(error instanceof ToolUsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usageOf(tool)}`);
    process.exitCode = 2;
  }
}
