/** The effective settings of topics on this broker, parsed once per set of overrides. */
import {
  type BrokerLayers,
  NO_OVERRIDES,
  type Overrides,
  resolveTopicConfig,
} from "#config/effective.ts";
import type { TopicConfig } from "#config/topic-settings.ts";
import type { MetadataImage, MetadataView, TopicImage } from "./image.ts";

/** Where the settings of broker `nodeId` come from, in `image`. */
export function layersOf(image: MetadataImage, nodeId: number, fixed: Overrides): BrokerLayers {
  return {
    dynamicBroker: image.brokerConfigs.get(nodeId) ?? NO_OVERRIDES,
    dynamicDefault: image.defaultBrokerConfigs,
    fixed,
  };
}

export class TopicConfigs {
  readonly #view: MetadataView;
  readonly #nodeId: number;
  readonly #fixed: Overrides;
  /** By identity of the overrides, which an image keeps until they change. */
  #parsed = new WeakMap<Overrides, TopicConfig>();
  #layers: BrokerLayers;

  /** `fixed` is what file, environment and flags said. */
  constructor(view: MetadataView, nodeId: number, fixed: Overrides) {
    this.#view = view;
    this.#nodeId = nodeId;
    this.#fixed = fixed;
    this.#layers = layersOf(view.image, nodeId, fixed);
  }

  /** The same object for as long as nothing that it comes from changes. */
  of(topic: Pick<TopicImage, "configs">): TopicConfig {
    this.#refresh();
    let config = this.#parsed.get(topic.configs);
    if (config === undefined) {
      config = resolveTopicConfig(topic.configs, this.#layers);
      this.#parsed.set(topic.configs, config);
    }
    return config;
  }

  /** Where broker settings come from now. */
  layers(): BrokerLayers {
    this.#refresh();
    return this.#layers;
  }

  #refresh(): void {
    const next = layersOf(this.#view.image, this.#nodeId, this.#fixed);
    const { dynamicBroker, dynamicDefault } = this.#layers;
    if (next.dynamicBroker === dynamicBroker && next.dynamicDefault === dynamicDefault) return;
    this.#layers = next;
    this.#parsed = new WeakMap();
  }
}
