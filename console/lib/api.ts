/** The admin API as the browser reaches it, and what its refusals mean to a page. */
import { ApiError, createClient } from "@runnel/contracts/client.ts";

export { ApiError };

export const api = createClient({ baseUrl: "/api" });

/** True where nobody answers, which the whole console shows in one place. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 502 || error.status === 503);
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** What is wrong with the fields of a form, by their dotted path. */
export function fieldErrors(error: unknown): ReadonlyMap<string, string> {
  if (!(error instanceof ApiError)) return new Map();
  return new Map((error.problem.errors ?? []).map(({ field, message }) => [field, message]));
}
