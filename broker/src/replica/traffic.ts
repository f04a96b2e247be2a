/**
 * What goes in and out of each topic: counted where it happens, by additions to a plain object that
 * all partitions of a topic share.
 */
import { LABEL_VALUES_MAX, type MetricRegistry, type Readings } from "#metrics/metric.ts";

/** The traffic of one topic on this broker since it came here. */
export class TopicTraffic {
  receivedBytes = 0;
  receivedEvents = 0;
  sentBytes = 0;
  sentEvents = 0;

  /** A batch was appended. */
  countReceived(bytes: number, events: number): void {
    this.receivedBytes += bytes;
    this.receivedEvents += events;
  }

  /** Batches went to a consumer. */
  countSent(bytes: number, events: number): void {
    this.sentBytes += bytes;
    this.sentEvents += events;
  }
}

type Quantity = keyof Pick<
  TopicTraffic,
  "receivedBytes" | "receivedEvents" | "sentBytes" | "sentEvents"
>;

interface Entry {
  readonly topic: string;
  readonly traffic: TopicTraffic;
  /** Whether the text of all metrics has a line for it; decided once, or `other` could shrink. */
  readonly isNamed: boolean;
}

const QUANTITIES: readonly (readonly [Quantity, name: string, help: string])[] = [
  ["receivedBytes", "runnel_topic_received_bytes_total", "Bytes of appended batches, by topic"],
  ["receivedEvents", "runnel_topic_received_events_total", "Events appended, by topic"],
  ["sentBytes", "runnel_topic_sent_bytes_total", "Bytes of batches sent to consumers, by topic"],
  ["sentEvents", "runnel_topic_sent_events_total", "Events sent to consumers, by topic"],
];

/** The traffic of all topics on this broker. */
export class TrafficTable {
  /** By topic id. */
  readonly #topics = new Map<string, Entry>();
  #namedCount = 0;
  /** What topics that had no line of their own had counted when they went. */
  readonly #gone = new TopicTraffic();

  /** The counters of a topic that is here; the same ones until `close`. */
  open(topicId: string, topic: string): TopicTraffic {
    const known = this.#topics.get(topicId);
    if (known !== undefined) return known.traffic;
    const isNamed = this.#namedCount < LABEL_VALUES_MAX;
    if (isNamed) this.#namedCount += 1;
    const traffic = new TopicTraffic();
    this.#topics.set(topicId, { topic, traffic, isNamed });
    return traffic;
  }

  /** The topic has gone from here. */
  close(topicId: string): void {
    const entry = this.#topics.get(topicId);
    if (entry === undefined) return;
    this.#topics.delete(topicId);
    if (entry.isNamed) this.#namedCount -= 1;
    else for (const [quantity] of QUANTITIES) this.#gone[quantity] += entry.traffic[quantity];
  }

  register(registry: MetricRegistry): void {
    for (const [quantity, name, help] of QUANTITIES) {
      registry.readings(name, help, this.#readings(quantity));
    }
  }

  #readings(quantity: Quantity): Readings {
    return {
      type: "counter",
      label: "topic",
      each: (visit) => {
        for (const { topic, traffic, isNamed } of this.#topics.values()) {
          visit(topic, traffic[quantity], isNamed);
        }
        if (this.#gone[quantity] > 0) visit(null, this.#gone[quantity], true);
      },
    };
  }
}
