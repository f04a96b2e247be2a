/** What connections may use up, in numbers. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Every value is read each time it counts, so getters over settings make it follow them. */
export interface NetLimits {
  /** Connections at once; the next one is closed as it comes. */
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** The largest request of a client that has proven who it is, or need not. */
  readonly frameBytesMax: number;
  readonly unauthenticatedFrameBytesMax: number;
  /** Requests of one connection that are being answered at once; reading stops above. */
  readonly inFlightRequestsMax: number;
  /** Bytes of answers that wait to be sent on one connection; reading stops above. */
  readonly unsentBytesPause: number;
  /** The connection ends above: answers to what was asked before the pause. */
  readonly unsentBytesMax: number;
  /** The same over all connections: above, the one on which most wait ends. */
  readonly allUnsentBytesMax: number;
  /** From the first byte of a frame to its last, plus `frameBytesPerMs`. */
  readonly frameMs: number;
  /** Bytes of a large frame that must come each ms once `frameMs` is over. */
  readonly frameBytesPerMs: number;
  /** From the connection to the proof of who it is, where one is asked for. */
  readonly authenticationMs: number;
  /** Without a byte from the client, and none owed to it. */
  readonly idleMs: number;
  /** Answers wait, and the client takes no byte of them. A consumer may be busy for minutes. */
  readonly unreadMs: number;
  /** From the last answer on a connection that ends to cutting it. */
  readonly closingMs: number;
}

export const DEFAULT_LIMITS: NetLimits = {
  connectionsMax: 10_000,
  connectionsPerAddressMax: 2_000,
  frameBytesMax: 100 * MIB,
  unauthenticatedFrameBytesMax: 512 * KIB,
  inFlightRequestsMax: 64,
  unsentBytesPause: 2 * MIB,
  unsentBytesMax: 128 * MIB,
  allUnsentBytesMax: 192 * MIB,
  frameMs: 30_000,
  frameBytesPerMs: 32,
  authenticationMs: 10_000,
  idleMs: 600_000,
  unreadMs: 600_000,
  closingMs: 5_000,
};
