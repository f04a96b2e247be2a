/** The handlers of groups over a coordinator in memory, asked through the codecs. */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import type { Api, RequestInputOf, ResponseDecodedOf } from "@runnel/protocol/api.ts";
import { GroupChanges } from "#audit/group-changes.ts";
import { changesOver, RecordingAudit } from "#audit/testing.ts";
import { ANONYMOUS, type Authorizer, allowAll } from "#auth/authorizer.ts";
import { CoordinatorWorld } from "#coordinator/testing/world.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler, RequestContext } from "./handler.ts";

/** Takes a request and what `answer` makes of it through the codecs of a version, as on the wire. */
export async function throughCodecs<A extends Api>(
  api: A,
  version: number,
  request: RequestInputOf<A>,
  answer: (decoded: unknown) => unknown,
): Promise<ResponseDecodedOf<A>> {
  const writer = new ByteWriter();
  api.request.write(writer, version, request as never);
  const response = await answer(api.request.read(new ByteReader(writer.finish()), version));
  const out = new ByteWriter();
  api.response.write(out, version, response as never);
  return api.response.decode(out.finish(), version) as ResponseDecodedOf<A>;
}

/** Asks as a client does: through the codecs of a version, both ways. */
export class Asker {
  readonly world = new CoordinatorWorld();
  authorizer: Authorizer = allowAll;

  async ask<A extends Api>(
    handler: Handler<A, GroupServices>,
    version: number,
    request: RequestInputOf<A>,
  ): Promise<ResponseDecodedOf<A>> {
    return await throughCodecs(handler.api, version, request, async (decoded) => {
      const answering = handler.handle(decoded as never, this.#services(), contextOf(version));
      await this.world.time.advance(0);
      return await answering;
    });
  }

  #services(): GroupServices {
    const { groups, time: clock } = this.world;
    const audit = new RecordingAudit();
    return {
      groupChanges: new GroupChanges({ groups, audit, clock }),
      changes: changesOver(NO_CONTROLLER, audit),
      authorizer: this.authorizer,
      groups: this.world.groups,
      topics: this.world.topics,
      coordinators: {
        locate: () => ({ nodeId: 3, host: "broker", port: 9092 }),
      },
    };
  }
}

const noTopics = () => Promise.resolve([]);
const NO_CONTROLLER = {
  createTopics: noTopics,
  deleteTopics: noTopics,
  createPartitions: noTopics,
  alterConfigs: noTopics,
};

/** A request of nobody in particular. */
export function contextOf(apiVersion: number): RequestContext {
  return {
    apiVersion,
    clientId: "client",
    clientHost: "/127.0.0.1",
    principal: ANONYMOUS,
    connectionId: 1,
    connection: { isGone: false },
    listenerName: "PLAINTEXT",
    localAddress: "127.0.0.1",
    localPort: 9092,
    receivedAt: 0,
  };
}

export async function started(): Promise<Asker> {
  const asker = new Asker();
  await asker.world.start();
  return asker;
}

export function bound(asker: Asker): {
  readonly asker: Asker;
  readonly world: CoordinatorWorld;
  readonly ask: Asker["ask"];
} {
  return { asker, world: asker.world, ask: asker.ask.bind(asker) };
}
