/** What the pool and its threads say to each other. */

export type Job =
  | {
      readonly kind: "decompress";
      /** Kafka's number of the codec. */
      readonly codec: number;
      readonly bytes: Uint8Array;
      readonly outputMax: number;
    }
  | {
      readonly kind: "compress";
      readonly codec: number;
      readonly bytes: Uint8Array;
      /** As `compress` of the protocol takes it; null for the codec's own. */
      readonly level: number | null;
    };

export type Outcome =
  | { readonly kind: "done"; readonly bytes: Uint8Array }
  | { readonly kind: "failed"; readonly isBadInput: boolean; readonly message: string };
