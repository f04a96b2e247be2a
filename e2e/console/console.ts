/** The console as a real process on a free port. The first one of a run builds the pages. */
import { join } from "node:path";
import { Child, type ChildExit } from "../harness/child.ts";
import { within } from "../harness/wait.ts";

/** The build takes half a minute on an idle machine; tests run on busy ones. */
export const STARTS_WITHIN_MS = 300_000;
const MAIN = join(import.meta.dirname, "../../console/server/main.ts");

export interface Console extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly output: string;
  stop(): Promise<ChildExit>;
}

/** Starts it before the admin API at `admin` (`host:port`). */
export async function startConsole(admin: string, ...more: readonly string[]): Promise<Console> {
  const ready = Promise.withResolvers<string>();
  const child = new Child({
    name: "console",
    command: [process.execPath, MAIN, "--listen", "127.0.0.1:0", "--admin", admin, ...more],
    onLine: (line) => {
      const url = /^console ready (http:\S+)$/.exec(line)?.[1];
      if (url !== undefined) ready.resolve(url);
    },
  });
  void child.exited.then(() => ready.reject(new Error(`the console ended:\n${child.output}`)));
  const url = await within("the console is ready", STARTS_WITHIN_MS, ready.promise);
  const stop = (): Promise<ChildExit> => child.stop("SIGTERM");
  return {
    url,
    port: Number(new URL(url).port),
    get output() {
      return child.output;
    },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}
