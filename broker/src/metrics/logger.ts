/**
 * The log, through pino: a JSON object a line, or readable lines with colours on a terminal. Lines are
 * written before the call returns, so that the last one before a crash is there.
 */
import type { LogFields, Logger } from "@runnel/kit/world.ts";
import { pino } from "pino";
import { safeText, WholeJson } from "./log-text.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Characters of one text in a line, and levels of nesting. */
const TEXT_MAX = 4096;
const DEPTH_MAX = 3;
const STDERR = 2;

/** Where lines go: a file descriptor, or anything with `write`. */
export type LogTarget = number | { write(line: string): void };

export interface LoggerOptions {
  readonly level?: LogLevel;
  /** Readable lines instead of JSON. */
  readonly isTerminal: boolean;
  /** Standard error when left out. */
  readonly target?: LogTarget;
}

/** Makes a logger; what makes lines readable is only loaded for a terminal. */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const { level = "info", isTerminal, target = STDERR } = options;
  const raw = typeof target === "number" ? pino.destination({ fd: target, sync: true }) : target;
  const stream = isTerminal ? await prettyStream(raw) : raw;
  const settings = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return adapt(pino(settings, stream));
}

async function prettyStream(destination: LogTarget & object): Promise<NodeJS.WritableStream> {
  const { prettyFactory } = await import("pino-pretty");
  const format = prettyFactory({ colorize: true, translateTime: "SYS:HH:MM:ss.l" });
  return {
    write: (line: string) => destination.write(format(line) ?? line),
  } as unknown as NodeJS.WritableStream;
}

/** The levels of pino that are used here. */
interface Sink {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Sink;
}

function adapt(sink: Sink): Logger {
  const line = (level: "debug" | "info" | "warn" | "error") => (fields: LogFields, text: string) =>
    sink[level](safeFields(fields), safeText(text, TEXT_MAX));
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (fields) => adapt(sink.child(safeFields(fields))),
  };
}

function safeFields(fields: LogFields): Record<string, unknown> {
  return safeValue(fields, 0) as Record<string, unknown>;
}

/** Values in the form in which a line can hold them: texts made safe, errors as data. */
function safeValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return safeText(value, TEXT_MAX);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof WholeJson) return value.text;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (depth > DEPTH_MAX) return "…";
  if (value instanceof Error) return safeError(value, depth);
  if (Array.isArray(value)) return value.map((item) => safeValue(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [safeText(name), safeValue(item, depth + 1)]),
  );
}

function safeError(error: Error, depth: number): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    name: safeText(error.name),
    message: safeText(error.message, TEXT_MAX),
    ...(typeof code === "string" ? { code: safeText(code) } : {}),
    stack: frames.map((line) => safeText(line.trim())),
    ...(error.cause === undefined ? {} : { cause: safeValue(error.cause, depth + 1) }),
  };
}
