/** How a command ends badly: what was asked cannot be understood, or it could not be done. */

/** The command line makes no sense. The program ends with 2 and the message, one sentence. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** What was asked could not be done. The program ends with 1 and the message, one sentence. */
export class CommandError extends Error {
  override name = "CommandError";
}

/** Whoever read our output has gone (`| head`): nothing is left to say. */
export class BrokenPipeError extends Error {
  override name = "BrokenPipeError";
}

export const ExitCode = { OK: 0, FAILED: 1, USAGE: 2 } as const;
