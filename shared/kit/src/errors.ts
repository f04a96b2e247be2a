/**
 * Failures that are not bugs: bytes from outside that make no sense, a world that says no, settings
 * that cannot be. Kafka outcomes are none of these: they are `ErrorCode` values, returned.
 */

/** Bytes that do not follow the format. Whoever sent them loses the connection or gets a typed error. */
export class DecodeError extends Error {
  override name = "DecodeError";
}

/** A disk or a network said no. `code` is one of Runnel's (`RUNNEL_LOG_CORRUPT`), `cause` the system's. */
export class IoError extends Error {
  override name = "IoError";
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** A setting that cannot be used; a program ends with exit code 2 and the message. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** The system's own code behind an error (`ENOSPC`), looked for along the `cause` chain; else "". */
export function systemCode(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === "string" && /^E[A-Z]+$/.test(code)) return code;
  }
  return "";
}

/** A one-line text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
