/** What the pool and its threads say to each other. */

export interface Job {
  /** Kafka's number of the codec. */
  readonly codec: number;
  readonly bytes: Uint8Array;
  readonly outputMax: number;
}

export type Outcome =
  | { readonly kind: "done"; readonly bytes: Uint8Array }
  | { readonly kind: "failed"; readonly isBadInput: boolean; readonly message: string };
