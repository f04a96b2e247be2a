/**
 * Kafka's error codes, as one table: code, whether a client may simply try again, and what it means.
 *
 * Source: protocol error table of Kafka 4.3. "Retriable" is what the Java client does with it.
 * An outcome is a value, returned; nothing here is thrown.
 */

const TABLE = {
  UNKNOWN_SERVER_ERROR: [-1, false, "the broker met a bug while it handled the request"],
  NONE: [0, false, "no error"],
  OFFSET_OUT_OF_RANGE: [1, false, "the log does not hold the offset that was asked for"],
  CORRUPT_MESSAGE: [2, true, "the record batch is damaged: wrong checksum, length or layout"],
  UNKNOWN_TOPIC_OR_PARTITION: [3, true, "this broker knows no such topic or partition"],
  INVALID_FETCH_SIZE: [4, false, "the fetch size cannot be used"],
  LEADER_NOT_AVAILABLE: [5, true, "the partition has no leader at the moment"],
  NOT_LEADER_OR_FOLLOWER: [6, true, "this broker does not lead, or does not hold, the partition"],
  REQUEST_TIMED_OUT: [7, true, "the work was not done within the time the request allowed"],
  BROKER_NOT_AVAILABLE: [8, false, "the broker is not there"],
  REPLICA_NOT_AVAILABLE: [9, true, "this broker holds no replica of the partition"],
  MESSAGE_TOO_LARGE: [10, false, "the record batch is larger than the topic allows"],
  STALE_CONTROLLER_EPOCH: [11, false, "the controller has moved to another broker"],
  OFFSET_METADATA_TOO_LARGE: [12, false, "the note stored with the offset is too long"],
  NETWORK_EXCEPTION: [13, true, "the connection broke before an answer came"],
  COORDINATOR_LOAD_IN_PROGRESS: [14, true, "the coordinator is still reading its log"],
  COORDINATOR_NOT_AVAILABLE: [15, true, "there is no coordinator for this key at the moment"],
  NOT_COORDINATOR: [16, true, "another broker is the coordinator for this key"],
  INVALID_TOPIC_EXCEPTION: [
    17,
    false,
    "no topic can have this name, or clients may not write to it",
  ],
  RECORD_LIST_TOO_LARGE: [18, false, "the record batch is larger than a segment"],
  NOT_ENOUGH_REPLICAS: [19, true, "too few replicas are in sync; nothing was written"],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [20, true, "written, but too few replicas stayed in sync"],
  INVALID_REQUIRED_ACKS: [21, false, "acks must be -1, 0 or 1"],
  ILLEGAL_GENERATION: [22, false, "the group has moved on to another generation"],
  INCONSISTENT_GROUP_PROTOCOL: [
    23,
    false,
    "the member shares no assignment protocol with the group",
  ],
  INVALID_GROUP_ID: [24, false, "no group can have this id"],
  UNKNOWN_MEMBER_ID: [25, false, "the group has no such member"],
  INVALID_SESSION_TIMEOUT: [26, false, "the session timeout is outside what this broker allows"],
  REBALANCE_IN_PROGRESS: [27, false, "the group is rebalancing: join again"],
  INVALID_COMMIT_OFFSET_SIZE: [28, false, "the offset with its note is too large to store"],
  TOPIC_AUTHORIZATION_FAILED: [29, false, "not allowed on this topic"],
  GROUP_AUTHORIZATION_FAILED: [30, false, "not allowed on this group"],
  CLUSTER_AUTHORIZATION_FAILED: [31, false, "not allowed on the cluster"],
  INVALID_TIMESTAMP: [32, false, "the record timestamp is outside what the topic allows"],
  UNSUPPORTED_SASL_MECHANISM: [33, false, "the broker does not offer this SASL mechanism"],
  ILLEGAL_SASL_STATE: [34, false, "this is not the moment for this SASL request"],
  UNSUPPORTED_VERSION: [35, false, "the broker does not serve this version of the API"],
  TOPIC_ALREADY_EXISTS: [36, false, "a topic of this name exists already"],
  INVALID_PARTITIONS: [37, false, "the number of partitions cannot be used"],
  INVALID_REPLICATION_FACTOR: [38, false, "the replication factor is below 1 or above the brokers"],
  INVALID_REPLICA_ASSIGNMENT: [39, false, "the replica assignment cannot be used"],
  INVALID_CONFIG: [40, false, "a setting is unknown or its value cannot be used"],
  NOT_CONTROLLER: [41, true, "another broker is the controller"],
  INVALID_REQUEST: [42, false, "the request contradicts itself or breaks a rule of its API"],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, false, "the stored record format cannot do this"],
  POLICY_VIOLATION: [44, false, "a policy of the broker or topic forbids this"],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, false, "the producer's sequence number does not follow on"],
  DUPLICATE_SEQUENCE_NUMBER: [46, false, "the producer's sequence number was used already"],
  INVALID_PRODUCER_EPOCH: [47, false, "a newer epoch of this producer has written"],
  INVALID_TXN_STATE: [48, false, "the transaction is not in a state for this"],
  INVALID_PRODUCER_ID_MAPPING: [49, false, "the transactional id has another producer id"],
  INVALID_TRANSACTION_TIMEOUT: [50, false, "the transaction timeout is longer than allowed"],
  CONCURRENT_TRANSACTIONS: [51, true, "the last transaction of this id is still being completed"],
  TRANSACTION_COORDINATOR_FENCED: [52, false, "a newer transaction coordinator has taken over"],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, false, "not allowed to use this transactional id"],
  SECURITY_DISABLED: [54, false, "no authorizer is configured"],
  OPERATION_NOT_ATTEMPTED: [55, false, "not tried, because another part of the request failed"],
  KAFKA_STORAGE_ERROR: [56, true, "the disk of this replica failed"],
  LOG_DIR_NOT_FOUND: [57, false, "the broker has no such log directory"],
  SASL_AUTHENTICATION_FAILED: [58, false, "the credentials were not accepted"],
  UNKNOWN_PRODUCER_ID: [59, false, "the broker remembers nothing of this producer"],
  REASSIGNMENT_IN_PROGRESS: [60, false, "a reassignment of the partition is under way"],
  DELEGATION_TOKEN_AUTH_DISABLED: [61, false, "delegation tokens are switched off"],
  DELEGATION_TOKEN_NOT_FOUND: [62, false, "there is no such delegation token"],
  DELEGATION_TOKEN_OWNER_MISMATCH: [63, false, "only owner or renewers may do this to the token"],
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: [64, false, "no token requests over this connection"],
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: [65, false, "not allowed on this delegation token"],
  DELEGATION_TOKEN_EXPIRED: [66, false, "the delegation token has expired"],
  INVALID_PRINCIPAL_TYPE: [67, false, "principals of this type cannot be used here"],
  NON_EMPTY_GROUP: [68, false, "the group still has members"],
  GROUP_ID_NOT_FOUND: [69, false, "there is no such group"],
  FETCH_SESSION_ID_NOT_FOUND: [70, true, "the broker keeps no such fetch session"],
  INVALID_FETCH_SESSION_EPOCH: [71, true, "the fetch session expects another epoch"],
  LISTENER_NOT_FOUND: [72, true, "the leader has no listener of the name the client came by"],
  TOPIC_DELETION_DISABLED: [73, false, "deleting topics is switched off"],
  FENCED_LEADER_EPOCH: [74, true, "the request knows an older leader epoch than this broker"],
  UNKNOWN_LEADER_EPOCH: [75, true, "the request knows a newer leader epoch than this broker"],
  UNSUPPORTED_COMPRESSION_TYPE: [76, false, "this API version does not allow the compression"],
  STALE_BROKER_EPOCH: [77, false, "the broker has registered anew since"],
  OFFSET_NOT_AVAILABLE: [78, true, "the new leader's high watermark has not caught up yet"],
  MEMBER_ID_REQUIRED: [79, false, "join again with the member id given in the answer"],
  PREFERRED_LEADER_NOT_AVAILABLE: [80, true, "the preferred leader cannot lead now"],
  GROUP_MAX_SIZE_REACHED: [81, false, "the group has as many members as it may have"],
  FENCED_INSTANCE_ID: [82, false, "another member has taken over the group instance id"],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [83, true, "no replica that could lead is available"],
  ELECTION_NOT_NEEDED: [84, true, "the partition has the leader it should have"],
  NO_REASSIGNMENT_IN_PROGRESS: [85, false, "no reassignment of the partition is under way"],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, false, "the group is using the topic, so its offsets stay"],
  INVALID_RECORD: [87, false, "a record breaks a rule of the topic or of the format"],
  UNSTABLE_OFFSET_COMMIT: [88, true, "a transaction over these offsets is still open"],
  THROTTLING_QUOTA_EXCEEDED: [89, true, "the quota is used up: wait as long as the answer says"],
  PRODUCER_FENCED: [90, false, "another producer has taken over the transactional id"],
  RESOURCE_NOT_FOUND: [91, false, "there is no such resource"],
  DUPLICATE_RESOURCE: [92, false, "the request names a resource twice"],
  UNACCEPTABLE_CREDENTIAL: [93, false, "the new credential breaks a rule"],
  INCONSISTENT_VOTER_SET: [94, false, "the voters differ from those this node knows"],
  INVALID_UPDATE_VERSION: [95, false, "the update was made from an outdated version"],
  FEATURE_UPDATE_FAILED: [96, false, "the features were not changed"],
  PRINCIPAL_DESERIALIZATION_FAILURE: [97, false, "the forwarded principal cannot be read"],
  SNAPSHOT_NOT_FOUND: [98, false, "there is no such snapshot"],
  POSITION_OUT_OF_RANGE: [99, false, "the position lies outside the snapshot"],
  UNKNOWN_TOPIC_ID: [100, true, "this broker knows no topic of this id"],
  DUPLICATE_BROKER_REGISTRATION: [101, false, "another live broker uses this broker id"],
  BROKER_ID_NOT_REGISTERED: [102, false, "no broker of this id has registered"],
  INCONSISTENT_TOPIC_ID: [103, true, "the topic id belongs to another life of the topic"],
  INCONSISTENT_CLUSTER_ID: [104, false, "the request was meant for another cluster"],
  TRANSACTIONAL_ID_NOT_FOUND: [105, false, "there is no such transactional id"],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, true, "the fetch session mixes topic names and topic ids"],
  INELIGIBLE_REPLICA: [107, false, "a new in-sync replica is not fit to be one"],
  NEW_LEADER_ELECTED: [108, false, "the change was made, and gave the partition a new leader"],
  OFFSET_MOVED_TO_TIERED_STORAGE: [109, false, "the offset now lies in remote storage"],
  FENCED_MEMBER_EPOCH: [110, false, "the group has fenced the member: join again with epoch 0"],
  UNRELEASED_INSTANCE_ID: [111, false, "a live member still holds the group instance id"],
  UNSUPPORTED_ASSIGNOR: [112, false, "the broker has no such assignor"],
  STALE_MEMBER_EPOCH: [113, false, "the member's epoch has moved on: try with the new one"],
  MISMATCHED_ENDPOINT_TYPE: [114, false, "brokers were asked of a controller, or the reverse"],
  UNSUPPORTED_ENDPOINT_TYPE: [115, false, "this kind of endpoint cannot be described here"],
  UNKNOWN_CONTROLLER_ID: [116, false, "there is no controller of this id"],
  UNKNOWN_SUBSCRIPTION_ID: [
    117,
    false,
    "the metrics subscription is outdated: ask for the new one",
  ],
  TELEMETRY_TOO_LARGE: [118, false, "the pushed metrics are larger than allowed"],
  INVALID_REGISTRATION: [119, false, "the controller does not accept the broker's registration"],
  TRANSACTION_ABORTABLE: [120, false, "the transaction has failed and can only be aborted"],
  INVALID_RECORD_STATE: [121, false, "the record is not held by this member of the share group"],
  SHARE_SESSION_NOT_FOUND: [122, true, "the broker keeps no such share session"],
  INVALID_SHARE_SESSION_EPOCH: [123, true, "the share session expects another epoch"],
  FENCED_STATE_EPOCH: [124, false, "the share group's stored state has another epoch"],
  INVALID_VOTER_KEY: [125, false, "the voter key is not that of this replica"],
  DUPLICATE_VOTER: [126, false, "the voter is in the set already"],
  VOTER_NOT_FOUND: [127, false, "the set has no such voter"],
  INVALID_REGULAR_EXPRESSION: [128, false, "the subscription pattern is no regular expression"],
  REBOOTSTRAP_REQUIRED: [129, false, "the client knows an outdated cluster: start from bootstrap"],
  STREAMS_INVALID_TOPOLOGY: [130, false, "the streams topology cannot be used"],
  STREAMS_INVALID_TOPOLOGY_EPOCH: [131, false, "the streams topology epoch cannot be used"],
  STREAMS_TOPOLOGY_FENCED: [132, false, "the group uses a newer streams topology"],
  SHARE_SESSION_LIMIT_REACHED: [133, true, "the broker keeps as many share sessions as it may"],
} as const satisfies Record<string, readonly [code: number, isRetriable: boolean, text: string]>;

export type ErrorName = keyof typeof TABLE;
export type ErrorCode = (typeof TABLE)[ErrorName][0];

export interface ErrorInfo {
  readonly name: ErrorName;
  readonly code: ErrorCode;
  readonly retriable: boolean;
  readonly text: string;
}

/** All errors, by ascending code. */
export const ERRORS: readonly ErrorInfo[] = (Object.keys(TABLE) as ErrorName[]).map((name) => {
  const [code, retriable, text] = TABLE[name];
  return { name, code, retriable, text };
});

/** The codes by name: `ErrorCode.NOT_COORDINATOR` is 16. */
export const ErrorCode = Object.fromEntries(ERRORS.map(({ name, code }) => [name, code])) as {
  readonly [N in ErrorName]: (typeof TABLE)[N][0];
};

const BY_CODE: ReadonlyMap<number, ErrorInfo> = new Map(ERRORS.map((info) => [info.code, info]));

/** What the table says of `code`; undefined for a code that Kafka does not have. */
export function errorInfo(code: number): ErrorInfo | undefined {
  return BY_CODE.get(code);
}

/** The name of `code`, such as `NOT_COORDINATOR`; `ERROR_999` for one that Kafka does not have. */
export function errorName(code: number): string {
  return BY_CODE.get(code)?.name ?? `ERROR_${code}`;
}
