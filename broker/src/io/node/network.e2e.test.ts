import { once } from "node:events";
import * as net from "node:net";
import { silentLogger } from "@runnel/kit/world.ts";
import { describe, expect, test } from "vitest";
import type { Socket } from "../ports.ts";
import { createNodeNetwork } from "./network.ts";

const network = createNodeNetwork(silentLogger);

describe("node network", () => {
  test("hands data on, sends parts in order, and reports drain and close", async () => {
    const echo = (socket: Socket): void =>
      socket.listen({
        onData: (bytes) => {
          // Small parts that are joined, a large one that is not, and more than a socket takes.
          socket.write([bytes, new Uint8Array(1), new Uint8Array(8 * 1024 * 1024), bytes]);
          expect(socket.unsentBytes).toBeGreaterThan(0);
        },
        onDrain: () => {
          expect(socket.unsentBytes).toBe(0);
          socket.end();
        },
        onClose: (error) => expect(error).toBeNull(),
      });
    const listener = await network.listen({ host: "127.0.0.1", port: 0, onSocket: echo });
    const client = net.connect(listener.port, "127.0.0.1");
    const received: Buffer[] = [];
    client.on("data", (bytes: Buffer) => received.push(bytes));
    client.write("hello");
    await once(client, "close");
    const whole = Buffer.concat(received);
    expect(whole).toHaveLength(8 * 1024 * 1024 + 11);
    expect(whole.subarray(0, 6).toString()).toBe("hello\0");
    expect(whole.subarray(-5).toString()).toBe("hello");
    await listener.close();
  });

  test("knows both addresses, and a reset reaches onClose as an error", async () => {
    let seen: Socket | null = null;
    const closed = new Promise<Error | null>((resolve) => {
      void network
        .listen({
          host: "",
          port: 0,
          onSocket: (socket) => {
            seen = socket;
            socket.listen({ onData: () => {}, onDrain: () => {}, onClose: resolve });
          },
        })
        .then(async (listener) => {
          const client = net.connect(listener.port, "127.0.0.1");
          await once(client, "connect");
          client.write("x");
          client.resetAndDestroy();
          await closed;
          await listener.close();
        });
    });
    expect(await closed).toMatchObject({ code: "ECONNRESET" });
    expect(seen).toMatchObject({ remoteAddress: "127.0.0.1", localAddress: "127.0.0.1" });
  });

  test("an address in use is an IoError that names it", async () => {
    const options = { host: "127.0.0.1", port: 0, onSocket: () => {} };
    const listener = await network.listen(options);
    await expect(network.listen({ ...options, port: listener.port })).rejects.toMatchObject({
      code: "RUNNEL_LISTEN_FAILED",
      message: `cannot listen on 127.0.0.1:${listener.port}: another program listens there`,
    });
    await listener.close();
  });
});
