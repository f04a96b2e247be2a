/** What the handlers of metadata, topics, settings and producer ids work with. */
import type { Clock } from "@runnel/kit/world.ts";
import type { Authorizer } from "#auth/authorizer.ts";
import type { BrokerConfig } from "#config/broker-settings.ts";
import type { AutoTopics } from "#controller/auto-topics.ts";
import type { Controller } from "#controller/controller.ts";
import type { ProducerIds } from "#controller/producer-ids.ts";
import type { BrokerDirectory } from "#metadata/endpoints.ts";
import type { MetadataView } from "#metadata/image.ts";

export interface AdminServices {
  readonly authorizer: Authorizer;
  readonly view: MetadataView;
  readonly directory: BrokerDirectory;
  readonly controller: Pick<
    Controller,
    "createTopics" | "deleteTopics" | "createPartitions" | "alterConfigs" | "describeConfigs"
  >;
  readonly autoTopics: Pick<AutoTopics, "begin">;
  readonly producerIds: Pick<ProducerIds, "next">;
  readonly clock: Clock;
  readonly broker: Pick<BrokerConfig, "autoCreateTopicsEnable" | "deleteTopicEnable">;
}
