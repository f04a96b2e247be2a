/** What threads of browsing and their pool say to each other. */

/** From the pool. A job is known by its number. */
export type ToThread =
  | { readonly kind: "start"; readonly job: number; readonly task: unknown }
  | { readonly kind: "cancel"; readonly job: number }
  /** The client took messages worth so many bytes. */
  | { readonly kind: "taken"; readonly job: number; readonly bytes: number }
  /** News for a job under way. */
  | { readonly kind: "tell"; readonly job: number; readonly news: unknown }
  | { readonly kind: "ping" }
  /** The event loop is late: jobs are to leave more of the processors to it, or need not any more. */
  | { readonly kind: "press"; readonly isPressed: boolean };

/** From a thread. */
export type FromThread =
  /** `bytes`: what it counts for until it is taken. */
  | {
      readonly kind: "say";
      readonly job: number;
      readonly message: unknown;
      readonly bytes: number;
    }
  /** The last of a job; `failure` is null where it came to its end. */
  | { readonly kind: "end"; readonly job: number; readonly failure: string | null }
  | { readonly kind: "pong" };
