/** What the network layer asks of the code above it. */

/** A connection, as those who answer its requests know it. The same object for all of its requests. */
export interface Peer {
  /** Unique among the connections of this process. */
  readonly id: number;
  readonly listenerName: string;
  /** The client's address, as `/127.0.0.1`. */
  readonly clientHost: string;
  readonly clientPort: number;
  /** The address and port on which the connection arrived. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Nobody is there any more to take an answer. */
  readonly isGone: boolean;
  /** The client has proven who it is: larger frames are let in, and its deadline for that is off. */
  markAuthenticated(): void;
}

/** Where the answer to one request goes; one call of one of the two, at any time. */
export interface Reply {
  /**
   * The whole response, its frame length included. Null: this request has none. The parts must not
   * change until they were sent.
   */
  send(parts: readonly Uint8Array[] | null): void;
  /** There will be no answer: the connection ends behind the answers to the requests before it. */
  fail(error: unknown): void;
}

/**
 * Begins to answer one request: a frame without its length, received at `receivedAt` (monotonic ms).
 * Called in the order of arrival. What it throws counts as `reply.fail`.
 */
export type Dispatch = (frame: Uint8Array, peer: Peer, receivedAt: number, reply: Reply) => void;
