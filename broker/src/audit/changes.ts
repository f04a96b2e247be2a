/**
 * The one way to administrative changes of topics, settings and records, for the Kafka port and the
 * admin port alike: does what is asked, and has it in the audit log before it answers. What is only
 * checked (`isValidateOnly`) leaves no trace.
 */
import type { AuditOperation, AuditResource } from "@runnel/contracts/audit.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { ConfigRequest, ConfigResult } from "#controller/change-configs.ts";
import type {
  DeletedTopic,
  DoomedTopic,
  GrownTopic,
  GrowthResult,
} from "#controller/change-topics.ts";
import type { ChangeOptions, Controller } from "#controller/controller.ts";
import type { CreatedTopic, NewTopic } from "#controller/create-topics.ts";
import type { Outcome } from "#controller/outcome.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import type { TopicImage } from "#metadata/image.ts";
import type { DeletedRecords } from "#replica/delete-records.ts";
import { withPartition } from "#replica/lookup.ts";
import type { Partition } from "#replica/partition.ts";
import type { ReplicaManager } from "#replica/replica-manager.ts";
import type { Actor } from "./actor.ts";
import { type Audit, tell } from "./audit-log.ts";
import { list } from "./cut.ts";
import {
  askedConfigs,
  changedConfigs,
  configResource,
  createdTopic,
  type Entry,
  resultOf,
  resultOfAll,
  topicResource,
  topicState,
} from "./entries.ts";

export interface ChangesOptions {
  readonly controller: Pick<
    Controller,
    "createTopics" | "deleteTopics" | "createPartitions" | "alterConfigs"
  >;
  readonly replicas: Pick<ReplicaManager, "find">;
  /** Moves the start of a partition's log. */
  readonly deleteRecords: (partition: Partition, offset: number) => Promise<DeletedRecords>;
  /** Ends a producer's transaction in a partition; resolves once that is durable. */
  readonly writeMarker: (
    topic: Pick<TopicImage, "id" | "name">,
    partition: Partition,
    marker: TransactionMarker,
  ) => Promise<ErrorCode>;
  readonly audit: Audit;
}

/** Up to where the records of a partition are to go; −1 for all of them. */
export interface RecordsToDelete {
  readonly index: number;
  readonly offset: number;
}

/** What a change that was refused before it began was about. */
export interface Refused extends Outcome {
  readonly operation: AuditOperation;
  readonly resource: AuditResource;
}

export class Changes {
  readonly #options: ChangesOptions;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  async createTopics(
    actor: Actor,
    topics: readonly NewTopic[],
    options: ChangeOptions,
  ): Promise<readonly CreatedTopic[]> {
    const results = await this.#options.controller.createTopics(topics, options);
    if (!options.isValidateOnly) {
      const entries = results.map((result, at) => createdTopic(topics[at] as NewTopic, result));
      await tell(this.#options.audit, actor, entries);
    }
    return results;
  }

  /** As `createTopics`, because a client asked for what is not there: refusals are repeated, not told. */
  async createOnRequest(
    actor: Actor,
    topics: readonly NewTopic[],
  ): Promise<readonly CreatedTopic[]> {
    const results = await this.#options.controller.createTopics(topics, { isValidateOnly: false });
    const entries = results.flatMap((result, at) =>
      result.errorCode === ErrorCode.NONE ? createdTopic(topics[at] as NewTopic, result) : [],
    );
    await tell(this.#options.audit, actor, entries);
    return results;
  }

  async deleteTopics(
    actor: Actor,
    topics: readonly DoomedTopic[],
    options: ChangeOptions = { isValidateOnly: false },
  ): Promise<readonly DeletedTopic[]> {
    const results = await this.#options.controller.deleteTopics(topics, options);
    const entries = results.map(
      (result): Entry => ({
        operation: "topic.delete",
        resource: topicResource(result.name ?? result.topicId),
        asked: null,
        before: result.deleted === undefined ? null : topicState(result.deleted),
        after: null,
        result: resultOf(result),
      }),
    );
    if (!options.isValidateOnly) await tell(this.#options.audit, actor, entries);
    return results;
  }

  async createPartitions(
    actor: Actor,
    topics: readonly GrownTopic[],
    options: ChangeOptions,
  ): Promise<readonly GrowthResult[]> {
    const results = await this.#options.controller.createPartitions(topics, options);
    const entries = results.map(
      (result, at): Entry => ({
        operation: "topic.grow",
        resource: topicResource(result.name),
        asked: { partitionCount: topics[at]?.count ?? 0 },
        before: result.change ? { partitionCount: result.change.before } : null,
        after: result.change ? { partitionCount: result.change.after } : null,
        result: resultOf(result),
      }),
    );
    if (!options.isValidateOnly) await tell(this.#options.audit, actor, entries);
    return results;
  }

  async alterConfigs(
    actor: Actor,
    requests: readonly ConfigRequest[],
    options: ChangeOptions,
  ): Promise<readonly ConfigResult[]> {
    const results = await this.#options.controller.alterConfigs(requests, options);
    if (options.isValidateOnly) return results;
    const entries = results.flatMap((result, at): readonly Entry[] => {
      const { change } = result;
      const isDone = result.errorCode === ErrorCode.NONE;
      // Resources that keep nothing, groups, take what is their default: nothing is changed by that.
      if (isDone && change === undefined) return [];
      const request = requests[at] as ConfigRequest;
      const states =
        isDone && change !== undefined
          ? changedConfigs(request, change.before, change.after)
          : { before: null, after: null };
      return [
        {
          operation: "config.change",
          resource: configResource(request),
          asked: askedConfigs(request),
          ...states,
          result: resultOf(result),
        },
      ];
    });
    await tell(this.#options.audit, actor, entries);
    return results;
  }

  /** Answers in the order of `places`. A partition that is not there, or not here, has its own error. */
  async deleteRecords(
    actor: Actor,
    topic: Pick<TopicImage, "id" | "name">,
    places: readonly RecordsToDelete[],
  ): Promise<readonly DeletedRecords[]> {
    const { replicas, deleteRecords, audit } = this.#options;
    const before: number[] = [];
    const results = await Promise.all(
      places.map(async ({ index, offset }, at) =>
        withPartition<DeletedRecords>(replicas, topic.id, index, (found) => {
          if (found.partition === null) return { errorCode: found.errorCode, lowWatermark: -1 };
          before[at] = found.partition.log.logStartOffset;
          return deleteRecords(found.partition, offset);
        }),
      ),
    );
    const starts = (value: (at: number) => number) =>
      list(places.map(({ index }, at) => ({ partition: index, logStart: value(at) })));
    await tell(audit, actor, [
      {
        operation: "records.delete",
        resource: topicResource(topic.name),
        asked: list(places.map(({ index, offset }) => ({ partition: index, offset }))),
        before: starts((at) => before[at] ?? -1),
        after: starts((at) => results[at]?.lowWatermark ?? -1),
        result: resultOfAll(results.map(({ errorCode }) => errorCode)),
      },
    ]);
    return results;
  }

  /** Ends a transaction in one partition, as somebody asks whose transaction it is not. */
  async endTransaction(
    actor: Actor,
    topic: Pick<TopicImage, "id" | "name">,
    index: number,
    marker: TransactionMarker,
  ): Promise<ErrorCode> {
    const { replicas, writeMarker, audit } = this.#options;
    const errorCode = await withPartition<ErrorCode>(replicas, topic.id, index, (found) =>
      found.partition === null ? found.errorCode : writeMarker(topic, found.partition, marker),
    );
    await tell(audit, actor, [
      {
        operation: "transaction.end",
        resource: topicResource(topic.name),
        asked: {
          partition: index,
          producerId: String(marker.producerId),
          producerEpoch: marker.producerEpoch,
          coordinatorEpoch: marker.coordinatorEpoch,
          result: marker.isCommit ? "commit" : "abort",
        },
        before: null,
        after: null,
        result: resultOfAll([errorCode]),
      },
    ]);
    return errorCode;
  }

  /** Changes that were refused before they came to the service: for want of a permission, say. */
  async refuse(actor: Actor, refusals: readonly Refused[]): Promise<void> {
    const entries = refusals.map(
      ({ operation, resource, ...outcome }): Entry => ({
        operation,
        resource,
        asked: null,
        before: null,
        after: null,
        result: resultOf(outcome),
      }),
    );
    await tell(this.#options.audit, actor, entries);
  }
}
