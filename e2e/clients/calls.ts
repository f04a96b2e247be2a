/**
 * What every client under test can be asked to do, in words that no client library has for itself. Scenarios are written
 * against `Calls`; a driver translates them into one library. Drivers in other languages get the same calls as lines of
 * JSON (`remote-client.ts`), so everything here is plain JSON: bytes are base64.
 */

export type Codec = "none" | "gzip" | "snappy" | "lz4" | "zstd";
export const CODECS: readonly Codec[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/** Base64, or null for Kafka's null. */
export type Bytes = string | null;

/** Name and value; names may repeat, and their order counts. */
export type Header = readonly [name: string, value: Bytes];

export interface NewRecord {
  readonly partition: number;
  readonly key: Bytes;
  readonly value: Bytes;
  readonly headers: readonly Header[];
  /** Milliseconds since 1970; the client's own clock where it is left out. */
  readonly timestamp?: number;
}

export interface ConsumedRecord extends Required<NewRecord> {
  readonly topic: string;
  readonly offset: number;
}

export interface Produce {
  readonly topic: string;
  readonly records: readonly NewRecord[];
  readonly codec: Codec;
  readonly acks: 0 | 1 | -1;
  readonly idempotent?: boolean;
  /** Lifts the client's own limits to this size; its defaults where left out. */
  readonly requestBytesMax?: number;
}

export interface Produced {
  /** Offset of the last record by partition, as the client learned it from the broker; null where it does not tell. */
  readonly lastOffsets: Readonly<Record<number, number>> | null;
}

export type Position =
  | { readonly kind: "beginning" | "end" }
  | { readonly kind: "offset"; readonly offset: number }
  /** The first record with this time or a later one. */
  | { readonly kind: "timestamp"; readonly timestamp: number };

export interface OpenConsumer {
  /** Chosen by the caller; names the consumer in later calls. */
  readonly consumer: string;
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly from: Position;
}

export interface JoinGroup {
  readonly consumer: string;
  readonly group: string;
  readonly topics: readonly string[];
  /** `consumer` is KIP-848's. */
  readonly protocol: "classic" | "consumer";
  readonly assignor: "range" | "cooperative";
  /** Makes it a static member. */
  readonly instanceId?: string;
  /** RE2 syntax, over whole names; stands for `topics`. Of the consumer protocol alone. */
  readonly pattern?: string;
}

export interface GroupDescription {
  readonly state: string;
  readonly memberCount: number;
}

/** Offsets by partition. */
export type Offsets = Readonly<Record<number, number>>;

/**
 * Consumers read on their own; `read` hands over what has come in. Their positions are those of the records handed over,
 * and that is what `commit` commits. A group member starts at the beginning where nothing is committed.
 */
export interface Calls {
  produce(args: Produce): Promise<Produced>;
  /** Settles when the position is known, so that what is produced later comes after an `end`. */
  open(args: OpenConsumer): Promise<void>;
  join(args: JoinGroup): Promise<void>;
  /** Waits until `count` records have come in, at most `withinMs`; hands over up to `count`. */
  read(args: {
    readonly consumer: string;
    readonly count: number;
    readonly withinMs: number;
  }): Promise<readonly ConsumedRecord[]>;
  /** The partitions a member has now, as `topic/partition`, sorted. */
  assignment(args: { readonly consumer: string }): Promise<readonly string[]>;
  commit(args: { readonly consumer: string }): Promise<void>;
  /** Leaves the group, where there is one. */
  close(args: { readonly consumer: string }): Promise<void>;

  createTopic(args: {
    readonly topic: string;
    readonly partitions: number;
    readonly configs: Readonly<Record<string, string>>;
  }): Promise<void>;
  listTopics(args: Readonly<Record<string, never>>): Promise<readonly string[]>;
  countPartitions(args: { readonly topic: string }): Promise<number>;
  createPartitions(args: { readonly topic: string; readonly count: number }): Promise<void>;
  deleteTopic(args: { readonly topic: string }): Promise<void>;
  describeConfig(args: { readonly topic: string; readonly name: string }): Promise<string | null>;
  alterConfig(args: {
    readonly topic: string;
    readonly name: string;
    readonly value: string;
  }): Promise<void>;
  deleteRecords(args: {
    readonly topic: string;
    readonly partition: number;
    readonly before: number;
  }): Promise<void>;
  /** -1 where no record is that young. */
  listOffset(args: {
    readonly topic: string;
    readonly partition: number;
    readonly at: "earliest" | "latest" | number;
  }): Promise<number>;

  listGroups(args: Readonly<Record<string, never>>): Promise<readonly string[]>;
  describeGroup(args: { readonly group: string }): Promise<GroupDescription>;
  /** Partitions without an offset are left out. */
  committedOffsets(args: { readonly group: string; readonly topic: string }): Promise<Offsets>;
  alterOffsets(args: {
    readonly group: string;
    readonly topic: string;
    readonly offsets: Offsets;
  }): Promise<void>;
  deleteOffsets(args: {
    readonly group: string;
    readonly topic: string;
    readonly partitions: readonly number[];
  }): Promise<void>;
  deleteGroup(args: { readonly group: string }): Promise<void>;
}

export type CallName = keyof Calls;

export interface Client extends Calls, AsyncDisposable {}

/** A call failed. `code` is Kafka's error code where the broker gave one. */
export class CallError extends Error {
  readonly code: number | null;

  constructor(code: number | null, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CallError";
    this.code = code;
  }
}

/** What a library lacks, with the reason for the report. */
export type Lacks = Readonly<Partial<Record<CallName | Feature, string>>>;

/** A client under test, and what its library cannot do. */
export interface ClientKind {
  /** As in test names. */
  readonly name: string;
  readonly codecs: readonly Codec[];
  readonly lacks: Lacks;
  /** `bootstrap` is the broker's `host:port`. */
  start(bootstrap: string): Promise<Client>;
}

/** What some libraries cannot express, although they have the call. */
export type Feature =
  | "cooperative"
  | "consumer protocol"
  | "topic pattern"
  | "static member"
  | "explicit commit"
  | "timestamps"
  | "header nulls"
  | "header bytes"
  | "acks 0"
  | "idempotent"
  | "zstd topics"
  | "auto creation"
  | "clean handover"
  | "null beside empty"
  | "null key and value";
