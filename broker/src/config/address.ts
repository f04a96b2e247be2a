/** Addresses in settings: `HOST:PORT`, and Kafka's listeners `NAME://HOST:PORT`. */
import { splitList } from "./setting.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where clients connect. `host` is empty for all addresses of the machine. */
export interface ListenerAddress extends Address {
  readonly name: string;
}

/** `localhost:9092`, `[::1]:9092`, `:9092` (all addresses); null for anything else. */
export function parseAddress(text: string): Address | null {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]*)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const port = Number(match[3]);
  return port > 65_535 ? null : { host: match[1] ?? match[2] ?? "", port };
}

/** `PLAINTEXT://127.0.0.1:9092`, several joined by commas, each with a name of its own. */
export function parseListeners(text: string): readonly ListenerAddress[] | null {
  const listeners: ListenerAddress[] = [];
  for (const item of text.split(",")) {
    const match = /^([A-Za-z0-9_]+):\/\/(.*)$/.exec(item.trim());
    const address = parseAddress(match?.[2] ?? "");
    if (match === null || address === null) return null;
    listeners.push({ name: (match[1] as string).toUpperCase(), ...address });
  }
  const names = new Set(listeners.map((listener) => listener.name));
  return names.size === listeners.length ? listeners : null;
}

/** Addresses that other machines can be told: a host and a port, both of them set. */
export function parseAdvertised(text: string): readonly ListenerAddress[] | null {
  const listeners = parseListeners(text);
  const isUsable = listeners?.every(
    ({ host, port }) => port > 0 && !["", "0.0.0.0", "::"].includes(host),
  );
  return isUsable === true ? listeners : null;
}

/** Host names and addresses joined by commas, none of them with a port; in lower case. */
export function parseHosts(text: string): readonly string[] | null {
  const hosts = splitList(text).map((host) => host.toLowerCase().replace(/^\[(.*)\]$/, "$1"));
  return hosts.every((host) => /^(?:[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]+)$/.test(host))
    ? hosts
    : null;
}

/** Whether only programs on this machine can reach `host`. Names other than localhost count as no. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

export function formatAddress({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
