/** `runnel up`: starts the parts, says where they are and what to try, and ends them together. */
import { UsageError } from "../cli/failure.ts";
import { Output } from "../cli/output.ts";
import {
  type ConsoleOptions,
  checkConsoleOptions,
  consoleCommand as consoleProgram,
  consoleUrlOf,
  hasConsole,
  NO_CONSOLE,
} from "../console-program.ts";
import { Part } from "../supervisor.ts";
import { type Addresses, addressesOf } from "./addresses.ts";
import { type BrokerFlags, settingsOf } from "./broker.ts";

export interface UpFlags extends BrokerFlags {
  readonly demo?: boolean;
  readonly console?: string;
  readonly connect?: string;
  readonly json?: boolean;
}

/**
 * Signals within this time are one: a terminal signals its whole process group, and a launcher such
 * as npm, which is in it, hands its own on.
 */
const SAME_SIGNAL_MS = 500;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export async function up(flags: UpFlags): Promise<void> {
  checkConnect(flags.connect);
  // Refused before anything is started, with the same words as by the broker.
  settingsOf(flags);
  const isConsoleOn = checkConsole(flags);
  const voice = new Voice(new Output(), flags.json === true);
  const parts: Part[] = [];
  const demo = flags.demo === true ? demoStarter(parts, voice) : null;
  const console = isConsoleOn ? consoleStarter(flags, parts, voice) : null;
  if (flags.console === undefined && !hasConsole()) {
    voice.remark(`There is no console here: ${NO_CONSOLE}.`);
  }
  let isFirst = true;
  const broker = new Part({
    name: "broker",
    args: ["broker", ...brokerArguments(flags)],
    isReady: (line) => addressesOf(line) !== null,
    onReady: (line) => {
      const addresses = addressesOf(line);
      if (addresses === null) return;
      voice.ready(addresses, isFirst && demo === null, isFirst);
      isFirst = false;
      demo?.(addresses.kafka);
      if (addresses.admin !== null) console?.(addresses.admin);
    },
    onLine: (line) => voice.line(line),
    onRemark: (text) => voice.remark(text),
  });
  parts.push(broker);
  const stopListening = onSignals(parts, voice);
  broker.start();
  const code = await broker.ended;
  stopListening();
  for (const part of parts) part.stop("SIGTERM");
  await Promise.all(parts.map((part) => part.ended));
  process.exitCode = code;
}

function checkConnect(value: string | undefined): void {
  if (value === undefined || value === "off") return;
  throw new UsageError(
    "--connect: the connector worker is not built yet: leave the flag out, or say off",
  );
}

/** Whether there will be a console. Throws for one that is asked for and cannot be. */
function checkConsole(flags: UpFlags): boolean {
  if (flags.console === "off") return false;
  checkConsoleOptions(consoleOptions(flags, undefined));
  const isWanted = flags.console !== undefined;
  if (flags.admin === "off") {
    if (isWanted) throw new UsageError("--console: it needs the admin API: leave --admin off away");
    return false;
  }
  if (isWanted && !hasConsole()) throw new UsageError(`--console: ${NO_CONSOLE}`);
  return hasConsole();
}

function consoleOptions(flags: UpFlags, admin: string | undefined): ConsoleOptions {
  return { listen: flags.console, admin, isInsecure: flags.insecure === true };
}

/** The flags of the broker, as they came. */
function brokerArguments(flags: UpFlags): string[] {
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ["--data-dir", flags.dataDir],
    ["--kafka", flags.kafka],
    ["--admin", flags.admin],
    ["--metadata", flags.metadata],
    ["--config", flags.config],
    ...(flags.set ?? []).map((text) => ["--set", text] as const),
  ];
  const given = pairs.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
  return flags.insecure === true ? [...given, "--insecure"] : given;
}

/** Starts the feed when the broker is first ready; it finds back to a broker that was restarted. */
function demoStarter(parts: Part[], voice: Voice): (kafka: string) => void {
  let part: Part | null = null;
  return (kafka) => {
    if (part !== null) return;
    part = new Part({
      name: "demo",
      args: ["demo", "--bootstrap", kafka],
      isReady: (line) => line.startsWith("demo ready"),
      onReady: () => voice.demo(kafka),
      onLine: (line) => voice.line(line),
      onRemark: (text) => voice.remark(text),
    });
    parts.push(part);
    part.start();
  };
}

/**
 * Starts the console when the broker is first ready, and tells it where the broker is whenever that
 * was started again. A console that fails for good leaves the broker as it is.
 */
function consoleStarter(flags: UpFlags, parts: Part[], voice: Voice): (admin: string) => void {
  let part: Part | null = null;
  return (admin) => {
    if (part !== null) {
      part.tell({ admin });
      return;
    }
    part = new Part({
      name: "console",
      args: { command: consoleProgram(consoleOptions(flags, admin)) },
      isReady: (line) => consoleUrlOf(line) !== null,
      onReady: (line) => voice.console(consoleUrlOf(line) ?? ""),
      onLine: (line) => {
        if (line.startsWith("console: ")) voice.line(line);
      },
      onRemark: (text) => voice.remark(text),
    });
    parts.push(part);
    part.start();
    void part.ended.then((code) => {
      if (code !== 0) voice.remark("There is no console now; the broker goes on without it.");
    });
  };
}

/** The first signal stops everything in order, the second at once. Returns the way back. */
function onSignals(parts: readonly Part[], voice: Voice): () => void {
  let last: { readonly atMs: number } | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (last !== null && now - last.atMs < SAME_SIGNAL_MS) return;
    if (last === null) voice.remark("Stopping; once more to stop at once.");
    for (const part of parts) {
      if (last === null) part.stop(signal);
      else part.kill();
    }
    last = { atMs: now };
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

/** What the supervisor says: text for people on stdout, or one JSON object per line. */
class Voice {
  readonly #output: Output;
  readonly #isJson: boolean;

  constructor(output: Output, isJson: boolean) {
    this.#output = output;
    this.#isJson = isJson;
  }

  ready({ kafka, admin }: Addresses, hasExamples: boolean, isFirst: boolean): void {
    if (this.#isJson) {
      this.#say({ event: "ready", kafka, admin });
      return;
    }
    const lines = [
      isFirst ? "Runnel is up." : "The broker is up again.",
      `  kafka ${kafka}`,
      ...(admin === null ? [] : [`  admin ${admin}   (http://${admin}/metrics)`]),
      ...(hasExamples ? ["", ...firstSteps(kafka)] : []),
    ];
    this.#print(`${lines.join("\n")}\n`);
  }

  demo(kafka: string): void {
    if (this.#isJson) {
      this.#say({ event: "demo", topics: ["host.metrics", "host.processes"] });
      return;
    }
    const lines = [
      "",
      "Metrics of this machine go into host.metrics, processes into host.processes.",
      `Watch them, ${inHere()}in another terminal:`,
      "",
      `  ${runnel()} consume host.metrics${bootstrapFlag(kafka)}`,
      `  kcat -C -b ${kafka} -t host.processes -o end -f '%k %s\\n'`,
    ];
    this.#print(`${lines.join("\n")}\n`);
  }

  console(url: string): void {
    if (this.#isJson) this.#say({ event: "console", url });
    else this.#print(`The console is ready: ${url}\n`);
  }

  /** Something a part printed. */
  line(text: string): void {
    if (this.#isJson) this.#say({ event: "output", text });
    else this.#print(`${text}\n`);
  }

  remark(text: string): void {
    if (this.#isJson) this.#say({ event: "remark", text });
    else this.#output.remark(text);
  }

  #say(event: Readonly<Record<string, unknown>>): void {
    this.#print(`${JSON.stringify(event)}\n`);
  }

  /** Whoever watched may have gone; what was started keeps running. */
  #print(text: string): void {
    this.#output.write(text).catch(() => {});
  }
}

function firstSteps(kafka: string): string[] {
  const flag = bootstrapFlag(kafka);
  return [
    `A first thing to try, ${inHere()}in another terminal:`,
    "",
    `  ${runnel()} topic create orders --partitions 3${flag}`,
    `  echo "hello" | ${runnel()} produce orders${flag}`,
    `  ${runnel()} consume orders --from beginning${flag}`,
    "",
    "or with a client you know:",
    "",
    `  echo "hello from kcat" | kcat -P -b ${kafka} -t orders`,
    `  kcat -C -b ${kafka} -t orders -e`,
    "",
    "Ctrl-C stops it.",
  ];
}

function bootstrapFlag(kafka: string): string {
  return kafka === "127.0.0.1:9092" ? "" : ` --bootstrap ${kafka}`;
}

/** Whether this is the source, which npm runs, instead of an installed package. */
const IS_SOURCE = import.meta.url.endsWith(".ts");

/** How a person calls this command: in its workspace, npm finds it. */
function runnel(): string {
  return IS_SOURCE ? "npx runnel" : "runnel";
}

/** What npm finds in a workspace it finds nowhere else. */
function inHere(): string {
  return IS_SOURCE ? "in this folder, " : "";
}
