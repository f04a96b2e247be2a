import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Child, run } from "../harness/child.ts";
import { denoPath, parseAddresses } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { examplesOf, Installation, packTarballs, type Tarballs } from "./installation.ts";

/** What a user of the examples has besides our packages. */
const OTHERS = ["kafkajs", "vitest", "typescript", "@types/node"];

const TSCONFIG = {
  compilerOptions: {
    target: "es2022",
    lib: ["es2022"],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ["node"],
  },
  include: ["user.ts", "*.test.ts"],
};

const USER = `
import { type BrokerOptions, ConfigError, IoError, startBroker, type TestBroker } from "@runnel/testing";

const options: BrokerOptions = { port: 0, config: { "num.partitions": 3, "log.retention.hours": "2" } };
const broker: TestBroker = await startBroker({ ...options, log: (level, text) => void [level, text] });
const address: string = broker.bootstrap;
await broker.stop();
// @ts-expect-error Not a setting's value.
await startBroker({ config: { "num.partitions": [3] } });
// @ts-expect-error Not an option.
await startBroker({ partitions: 3 });
const failures: readonly (new (...args: never[]) => Error)[] = [ConfigError, IoError];
export { address, failures };
`;

/** Ends by itself, which it cannot while a socket, a timer or a thread is left. */
const ENDS_BY_ITSELF = `
import { startBroker } from "@runnel/testing";
import kafkajs from "kafkajs";

await using inMemory = await startBroker();
await using inFolder = await startBroker({ folder: process.argv[2] });
for (const { bootstrap } of [inMemory, inFolder]) {
  const producer = new kafkajs.Kafka({ brokers: [bootstrap] }).producer();
  await producer.connect();
  await producer.send({ topic: "orders", messages: [{ value: "one" }] });
  await producer.disconnect();
}
console.log("done");
`;

/** A module to load first, after which Node says that it is an old one. */
const OLD_NODE = `data:text/javascript,Object.defineProperty(process, "versions", {
  value: { ...process.versions, node: "20.19.0" },
});`.replaceAll(/\s+/g, " ");

let tarballs: Tarballs;
let tarballsAgain: Tarballs;
/** Who has the command and the testing library, and who has the command and its console. */
let user: Installation;
let operator: Installation;

beforeAll(async () => {
  [tarballs, tarballsAgain] = await Promise.all([packTarballs(), packTarballs()]);
  user = await Installation.make([tarballs.of("runnel"), tarballs.of("@runnel/testing")], OTHERS);
  operator = await Installation.make([tarballs.of("runnel"), tarballs.of("@runnel/console")], []);
  for (const [name, text] of await examplesOf("docs/embedding.md")) await user.write(name, text);
  await user.write("user.ts", USER);
  await user.write("tsconfig.json", JSON.stringify(TSCONFIG));
  await user.write("ends.mjs", ENDS_BY_ITSELF);
}, 600_000);

afterAll(async () => {
  await user?.[Symbol.asyncDispose]();
  await operator?.[Symbol.asyncDispose]();
  await tarballs?.[Symbol.asyncDispose]();
  await tarballsAgain?.[Symbol.asyncDispose]();
});

describe("npm run pack", () => {
  test("makes the same bytes again", async () => {
    expect(tarballs.paths).toHaveLength(3);
    for (const [index, path] of tarballsAgain.paths.entries()) {
      const first = await readFile(tarballs.paths[index] as string);
      expect(first.equals(await readFile(path))).toBe(true);
    }
  });

  test.each(["runnel", "@runnel/testing", "@runnel/console"])(
    "%s says what it is and what it needs",
    async (name) => {
      const home = name === "@runnel/console" ? operator : user;
      const folder = home.path(join("node_modules", name));
      const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
        readonly dependencies: Readonly<Record<string, string>>;
      };
      for (const [dependency, version] of Object.entries(manifest.dependencies)) {
        expect(`${dependency}@${version}`).toMatch(/^(?!@runnel).+@\d+\.\d+\.\d+$/);
      }
      expect(await readFile(join(folder, "LICENSE"), "utf8")).toContain("Apache License");
      expect(await readFile(join(folder, "README.md"), "utf8")).toContain(`# ${name}`);
    },
  );
});

describe("an older Node", () => {
  test.each([
    ["runnel", ["node_modules/runnel/lib/launch.js", "--version"]],
    ["@runnel/testing", ["--input-type=module", "--eval", 'import "@runnel/testing";']],
  ])("gets a sentence from %s", async (name, args) => {
    const { code, output } = await user.run("node", ["--import", OLD_NODE, ...args], {
      mayFail: true,
    });
    expect(code).toBe(1);
    expect(output).toMatch(
      new RegExp(
        `${name}: needs Node 22\\.\\d+, 24\\.\\d+ or newer, and this is 20\\.19\\.0$`,
        "m",
      ),
    );
  });
});

describe("the package runnel", () => {
  test("npx finds the command", async () => {
    expect((await user.run("npx", ["runnel", "--version"])).stdout).toMatch(/^\d+\.\d+\.\d+$/);
    expect((await user.run("npx", ["runnel", "--help"])).stdout).toContain("Usage: runnel");
  });

  test.each(["node", "deno"])("a broker on %s serves kcat and its own command", async (runtime) => {
    const script = user.path("node_modules/runnel/lib/launch.js");
    const launch: [string, ...string[]] =
      runtime === "node" ? [process.execPath, script] : [await denoPath(), "run", "-A", script];
    const flags = ["--kafka", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    await using broker = new Child({
      name: "runnel broker",
      command: [...launch, "broker", "--data-dir", user.path(`data-${runtime}`), ...flags],
      cwd: user.folder,
    });
    const { kafka, admin } = await waitFor("the broker is ready", () =>
      parseAddresses("runnel", broker.output),
    );
    const kcat = (...args: string[]): readonly [string, ...string[]] => [
      "kcat",
      "-b",
      kafka,
      ...args,
    ];
    const codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    for (const codec of codecs) {
      const command = kcat("-P", "-t", "orders", "-K:", "-z", codec);
      await run({ name: "kcat", command, input: `key:${codec}\n`, withinMs: 15_000 });
    }
    const reading = kcat("-C", "-t", "orders", "-e", "-q", "-f", "%k=%s\n");
    const { stdout } = await run({ name: "kcat", command: reading, withinMs: 15_000 });
    expect(stdout.split("\n")).toEqual(codecs.map((codec) => `key=${codec}`));
    // The thread that looks into compressed batches starts from a file of its own.
    const packing = kcat("-P", "-t", "packed", "-z", "gzip");
    await run({ name: "kcat", command: packing, input: "one\n", withinMs: 15_000 });
    const asking = kcat("-Q", "-t", "packed:0:1");
    const asked = await run({ name: "kcat", command: asking, withinMs: 15_000 });
    expect(asked.stdout).toBe("packed [0] offset 0");
    const listed = await user.run("npx", ["runnel", "topic", "list", "--bootstrap", kafka]);
    expect(listed.stdout).toContain("orders");
    expect((await fetch(`http://${admin}/readyz`)).status).toBe(200);
    expect(await broker.stop()).toEqual({ code: 0, signal: null });
  });
});

describe("the package @runnel/console", () => {
  const flags = ["--kafka", "--admin", "--console"].flatMap((flag) => [flag, "127.0.0.1:0"]);
  const up = ["up", ...flags];

  test("is what runnel up starts beside the broker", async () => {
    await using server = new Child({
      name: "runnel up",
      command: [
        process.execPath,
        operator.path("node_modules/runnel/lib/launch.js"),
        ...up,
        "--data-dir",
        operator.path("data"),
      ],
      cwd: operator.folder,
    });
    const address = await waitFor("the console is ready", () => {
      return /console is ready: (http:\S+)/.exec(server.output)?.[1] ?? null;
    });
    const page = await fetch(`${address}/c/local/topics`);
    expect(page.status).toBe(200);
    const [, script] = /<script src="(\/_next\/static\/[^"]+\.js)"/.exec(await page.text()) ?? [];
    expect((await fetch(`${address}${script}`)).status).toBe(200);
    expect(await (await fetch(`${address}/api/v1/topics`)).json()).toMatchObject({ total: 0 });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  test("runs alone, too, and says what it does not understand", async () => {
    const { code, output } = await operator.run("npx", ["runnel-console", "--listen", "here"], {
      mayFail: true,
    });
    expect(code).toBe(2);
    expect(output).toContain('runnel console: --listen: "here" is not HOST:PORT');
  });

  test("is asked for in a sentence where it is not installed", async () => {
    const { code, output } = await user.run(
      "npx",
      ["runnel", ...up, "--data-dir", user.path("data")],
      { mayFail: true },
    );
    expect(code).toBe(2);
    expect(output).toContain("install @runnel/console beside runnel");
  });
});

describe("the package @runnel/testing", () => {
  test("can be required, too", async () => {
    const script = 'console.log(Object.keys(require("@runnel/testing")).sort().join())';
    const { stdout } = await user.run("node", ["--input-type=commonjs", "--eval", script]);
    expect(stdout).toBe("ConfigError,IoError,startBroker");
  });

  test("has types that a strict compiler takes", async () => {
    expect((await user.run("npx", ["tsc", "-p", "."])).code).toBe(0);
  });

  test("runs the examples of the docs in Vitest", async () => {
    const { output } = await user.run("npx", ["vitest", "run", "--reporter=verbose"]);
    expect(output).toMatch(/Tests\s+6 passed/);
  });

  test("runs the examples of the docs in deno test", async () => {
    const rights = ["--allow-net", "--allow-ffi", "--allow-env", "--allow-read"];
    const args = ["test", "--no-prompt", ...rights, "orders_test.ts"];
    const { output } = await user.run(await denoPath(), args);
    expect(output).toMatch(/1 passed/);
  });

  test.each(["node", "deno"])("lets a process end by itself on %s", async (runtime) => {
    const [program, ...args] = runtime === "node" ? ["node"] : [await denoPath(), "run", "-A"];
    const folder = user.path(`folder-${runtime}`);
    const { stdout } = await user.run(program as string, [...args, "ends.mjs", folder], {
      withinMs: 15_000,
    });
    expect(stdout).toBe("done");
  });
});
