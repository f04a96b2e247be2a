/** A broker with data that people would have, and the console before it. */
import { type Client, createClient } from "@runnel/contracts/client.ts";
import { Cli } from "../cli/command.ts";
import { type RunnelOptions, type Server, startRunnel } from "../harness/server.ts";
import { type Console, startConsole } from "./console.ts";

export interface World extends AsyncDisposable {
  readonly broker: Server;
  readonly app: Console;
  readonly api: Client;
  readonly cli: Cli;
}

export const ORDER_COUNT = 600;
/** A group whose id has to be quoted wherever it goes. */
export const ODD_GROUP = "email-sender/ü?#%2F";
/** A value that must stay text in every page. */
export const HOSTILE = '<script>document.title="owned"</script><img src=x onerror=alert(1)>\u202e';

export async function startWorld(options: RunnelOptions = {}): Promise<World> {
  const broker = await startRunnel(options);
  const app = await startConsole(broker.admin ?? "").catch(async (error: unknown) => {
    await broker[Symbol.asyncDispose]();
    throw error;
  });
  const api = createClient({ baseUrl: `http://${broker.admin}` });
  const cli = new Cli(broker.kafka);
  return {
    broker,
    app,
    api,
    cli,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
    },
  };
}

/** Topics `orders`, `hostile` and `empty.topic`; groups `billing` (half way) and one of an odd name. */
export async function fill({ api, cli }: World): Promise<void> {
  await api.createTopic({ body: { name: "orders", partitionCount: 3 } });
  await api.createTopic({ body: { name: "hostile" } });
  await api.createTopic({ body: { name: "empty.topic" } });
  const records = Array.from({ length: ORDER_COUNT }, (_, index) => ({
    key: { encoding: "utf8" as const, data: `o-${index % 50}` },
    value: {
      encoding: "utf8" as const,
      data: JSON.stringify({ id: index, total: index / 4, customer: { name: `c-${index % 7}` } }),
    },
    headers: [{ name: "trace", value: { encoding: "utf8" as const, data: `t-${index}` } }],
  }));
  await api.produce({ params: { topic: "orders" }, body: { records } });
  const text = { encoding: "utf8" as const, data: HOSTILE };
  await api.produce({
    params: { topic: "hostile" },
    body: {
      records: [
        { key: text, value: text, headers: [{ name: HOSTILE, value: text }] },
        { key: null, value: null },
        { key: { encoding: "utf8", data: "" }, value: { encoding: "utf8", data: "" } },
        { key: { encoding: "base64", data: "AP8=" }, value: { encoding: "base64", data: "/wD+" } },
        {
          key: { encoding: "utf8", data: "exact" },
          value: { encoding: "utf8", data: '{"id":9007199254740993,"price":1.10}' },
        },
      ],
    },
  });
  await cli.text([
    "consume",
    "orders",
    "--group",
    "billing",
    "--from",
    "beginning",
    "--max",
    "200",
  ]);
  await cli.text([
    "consume",
    "hostile",
    "--group",
    ODD_GROUP,
    "--from",
    "beginning",
    "--to",
    "end",
  ]);
}
