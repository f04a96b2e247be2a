/** A broker under test as a process of its own, on a port that stays the same over restarts. */
import { type ChildProcess, spawn } from "node:child_process";
import * as net from "node:net";

const START_MS_MAX = 60_000;

export interface BrokerProcess {
  readonly port: number;
  kill(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Stops it where it stands, or lets it go on. */
  send(signal: "SIGSTOP" | "SIGCONT"): void;
  readonly output: () => string;
}

/** A port of the loopback address on which nothing listens now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Starts `script` with `args` under this runtime and waits until it says that it listens. */
export async function startBroker(
  script: string,
  args: readonly string[],
  port: number,
  env: Readonly<Record<string, string>> = {},
): Promise<BrokerProcess> {
  const child: ChildProcess = spawn(process.execPath, [script, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let output = "";
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the broker did not start in time:\n${output}`));
    }, START_MS_MAX);
    const look = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-100_000);
      if (!output.includes(`kafka 127.0.0.1:${port}`)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the broker ended (${code ?? signal}):\n${output}`));
    });
  });
  return {
    port,
    output: () => output,
    send: (signal) => void child.kill(signal),
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
