/** Runs every scenario with one client against one server: the whole of a client's test file. */
import { afterAll, afterEach, beforeAll, describe, test } from "vitest";
import { type RunnelOptions, type Server, startServer } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import type { Bench } from "./bench.ts";
import type { Client, ClientKind } from "./calls.ts";
import { kafkajsKind } from "./drivers/kafkajs.ts";
import { administration } from "./scenarios/administration.ts";
import { consumerProtocol } from "./scenarios/consumer-protocol.ts";
import { consuming } from "./scenarios/consuming.ts";
import { groups } from "./scenarios/groups.ts";
import { producing } from "./scenarios/producing.ts";
import { recompression } from "./scenarios/recompression.ts";
import { sizes } from "./scenarios/sizes.ts";

export function describeClient(
  kind: ClientKind,
  options: RunnelOptions & { readonly title?: string } = {},
): void {
  describe(options.title ?? kind.name, () => {
    let server: Server | undefined;
    let client: Client | undefined;
    let support: Client | undefined;
    let names = 0;
    const name = (word: string): string =>
      `${word}-${kind.name.replaceAll(/\W+/g, "-")}-${names++}`;
    const bench: Bench = {
      kind,
      get client() {
        return client!;
      },
      get support() {
        return support!;
      },
      name,
      async topic(partitions, configs = {}) {
        const topic = name("topic");
        await support!.createTopic({ topic, partitions, configs });
        // Apache Kafka announces partitions before it can write to them, and kafkajs then sends everything twice.
        await waitFor(`${topic} is there`, async () => {
          const isComplete = (await support!.countPartitions({ topic })) === partitions;
          return (
            isComplete && (await support!.listOffset({ topic, partition: 0, at: "latest" })) === 0
          );
        });
        return topic;
      },
      test(title, needs, run) {
        const reason = needs.map((need) => kind.lacks[need]).find((one) => one !== undefined);
        const register = reason === undefined ? test : test.skip;
        register(reason === undefined ? title : `${title} (${reason})`, run);
      },
    };

    beforeAll(async () => {
      server = await startServer(options);
      client = await kind.start(server.kafka);
      support = await kafkajsKind.start(server.kafka);
    });
    afterEach((context) => {
      if (context.task.result?.state === "fail" && server !== undefined) {
        console.error(`the ${server.kind} broker printed:\n${server.output.slice(-4_000)}`);
      }
    });
    afterAll(async () => {
      await client?.[Symbol.asyncDispose]();
      await support?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });

    producing(bench);
    recompression(bench);
    sizes(bench);
    consuming(bench);
    groups(bench);
    consumerProtocol(bench);
    administration(bench);
  });
}
