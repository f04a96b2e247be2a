/**
 * Who may do what: the question every handler asks first. Until access control lists exist the answer
 * is yes; handlers are written against the question, so that the answer can change in one place.
 */

export interface Principal {
  /** "User" for people and programs. */
  readonly type: string;
  readonly name: string;
}

/** What a connection without authentication is (Kafka's own name for it). */
export const ANONYMOUS: Principal = { type: "User", name: "ANONYMOUS" };

export type Operation =
  | "read"
  | "write"
  | "create"
  | "delete"
  | "alter"
  | "describe"
  | "clusterAction"
  | "describeConfigs"
  | "alterConfigs"
  | "idempotentWrite";

export type ResourceType = "topic" | "group" | "cluster" | "transactionalId";

/** The name of the one resource of type "cluster". */
export const CLUSTER_RESOURCE = "kafka-cluster";

export interface Authorizer {
  allows(
    principal: Principal,
    operation: Operation,
    resourceType: ResourceType,
    resourceName: string,
  ): boolean;
}

/** Allows everything: the rule of a listener without authentication. */
export const allowAll: Authorizer = { allows: () => true };
