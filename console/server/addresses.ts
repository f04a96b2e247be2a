/** Addresses as they come in flags, and the hosts under which the console may be reached. */

export interface Address {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Reads `HOST:PORT` or `[IPv6]:PORT`; null for anything else. Port 0 is a free one. */
export function parseAddress(text: string): Address | null {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host === undefined || port > PORT_MAX ? null : { host: host.toLowerCase(), port };
}

/** `HOST:PORT`, with brackets where the host has colons. */
export function formatAddress({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** The host of a `Host` header, in lower case, without port and brackets; null for what is none. */
export function hostOf(header: string | undefined): string | null {
  const [, bracketed, plain] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? "") ?? [];
  return (bracketed ?? plain)?.toLowerCase() ?? null;
}
