/** Where the pages come from. */

/** The pages could not be had; the message says why. */
export class BuildError extends Error {}

export interface PagesOptions {
  /** A line for whoever waits. */
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The folder of a standalone build, with `.next` in it. Throws `BuildError`. */
export type FindPages = (options: PagesOptions) => Promise<string>;
