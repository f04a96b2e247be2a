/** What the broker has to say, handed to a function of the test suite. */
import { type LogFields, type Logger, silentLogger } from "@runnel/kit/world.ts";
import type { LogLevel, LogSink } from "./options.ts";

/** A logger that says it all to `sink`; without one it says nothing. */
export function createLogger(sink: LogSink | undefined): Logger {
  return sink === undefined ? silentLogger : toLogger(sink, {});
}

function toLogger(sink: LogSink, common: LogFields): Logger {
  const say = (level: LogLevel) => (fields: LogFields, message: string) =>
    sink(level, message, { ...common, ...fields });
  return {
    debug: say("debug"),
    info: say("info"),
    warn: say("warn"),
    error: say("error"),
    child: (fields) => toLogger(sink, { ...common, ...fields }),
  };
}
