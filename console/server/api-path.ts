/** What of the admin API the browser may reach: the versioned resources and their description. */

const PREFIX = "/api";
const SERVED = /^\/(v1\/|openapi\.json(\?|$))/;
/** Neither spaces, control characters nor backslashes, which somebody further on may read as `/`. */
const PLAIN = /^[!-[\]-~]+$/;

/**
 * The upstream path and query of a request to `/api/…`; null where it names nothing that is served
 * or tries to climb out of it. Escapes stay as they came: names have slashes and dots in them.
 */
export function upstreamPath(url: string): string | null {
  if (!url.startsWith(`${PREFIX}/`)) return null;
  const target = url.slice(PREFIX.length);
  if (!SERVED.test(target) || !PLAIN.test(target)) return null;
  const [path = ""] = target.split(/[?#]/, 1);
  return path.split("/").every(isPlainSegment) ? target : null;
}

function isPlainSegment(segment: string): boolean {
  let decoded: string;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    return false;
  }
  return decoded !== "." && decoded !== ".." && !decoded.includes("\0");
}
