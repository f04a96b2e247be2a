/** What the handlers of metadata, topics, settings and producer ids work with. */
import type { Clock } from "@runnel/kit/world.ts";
import type { Actor } from "#audit/actor.ts";
import type { Changes } from "#audit/changes.ts";
import type { Authorizer } from "#auth/authorizer.ts";
import type { AutoTopics } from "#controller/auto-topics.ts";
import type { Controller } from "#controller/controller.ts";
import type { BrokerDirectory } from "#metadata/endpoints.ts";
import type { MetadataView } from "#metadata/image.ts";

export interface AdminServices {
  readonly authorizer: Authorizer;
  readonly view: MetadataView;
  readonly brokers: BrokerDirectory;
  readonly controller: Pick<Controller, "describeConfigs">;
  readonly changes: Changes;
  /** Null where `auto.create.topics.enable` is false. */
  readonly autoTopics: Pick<AutoTopics<Actor>, "begin"> | null;
  readonly clock: Clock;
  /** `delete.topic.enable`. */
  readonly isTopicDeletionEnabled: boolean;
}
