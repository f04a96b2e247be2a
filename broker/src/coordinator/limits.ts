/**
 * Named caps of the group coordinator: what a client may make a broker remember (bad-input rows P14 and
 * P16). They are per broker until there are principals to count them by.
 */

/** Bytes of a group id as UTF-8; longer ones are INVALID_GROUP_ID. */
export const GROUP_ID_BYTES_MAX = 1024;

/** Bytes of a member id, group instance id or protocol type as UTF-8. */
export const NAME_BYTES_MAX = 2048;

/** What is kept of a client's name for show, in UTF-16 units. */
export const CLIENT_ID_LENGTH_MAX = 256;

/** Bytes of one member's protocols: their names and metadata. */
export const MEMBER_BYTES_MAX = 1_000_000;

/**
 * Bytes of a group's record with all members, subscriptions and assignments. Stays under the default
 * `message.max.bytes`, which bounds it in Kafka, too.
 */
export const GROUP_RECORD_BYTES_MAX = 1_000_000;

/** Groups that a broker keeps, empty ones and simple ones included. */
export const GROUPS_MAX = 20_000;

/** Members of all groups of a broker, those included whose id was handed out and who did not join yet. */
export const MEMBERS_MAX = 50_000;

/** Bytes of the protocols of all members of a broker. */
export const MEMBERS_BYTES_MAX = 48 * 1024 * 1024;

/**
 * Partitions that members of the consumer protocol are to have, of all groups of a broker: a hundred bytes
 * each, or some hundreds where topics have one. A member's expression of two characters may stand for all
 * there are. What topics get later is not refused.
 */
export const TARGETS_MAX = 1_000_000;

/** Offsets of one group, committed or pending. */
export const OFFSETS_PER_GROUP_MAX = 200_000;

/** Offsets of all groups of a broker, committed or pending. */
export const OFFSETS_MAX = 1_000_000;

/** Offsets that wait for the end of a transaction, of all groups of a broker. */
export const PENDING_OFFSETS_MAX = 200_000;

/** UTF-16 units of the metadata strings of all offsets of a broker. */
export const OFFSETS_METADATA_LENGTH_MAX = 32 * 1024 * 1024;

/** How long a member that is new to its group may wait in JoinGroup (Kafka: 5 minutes). */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000;

/** What the caps are measured against: one count for all shards of a broker. */
export interface Usage {
  groups: number;
  members: number;
  memberBytes: number;
  /** Partitions that members of the consumer protocol are to have. */
  targets: number;
  /** Pending ones included. */
  offsets: number;
  pendingOffsets: number;
  offsetMetadataLength: number;
}

export function emptyUsage(): Usage {
  return {
    groups: 0,
    members: 0,
    memberBytes: 0,
    targets: 0,
    offsets: 0,
    pendingOffsets: 0,
    offsetMetadataLength: 0,
  };
}
