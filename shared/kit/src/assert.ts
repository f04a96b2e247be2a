/** Assertions that stay on in production: a broken invariant stops the shard that broke it. */

/** A bug in Runnel, never a bad request. Core code does not catch it. */
export class InvariantError extends Error {
  override name = "InvariantError";
}

/** Throws `InvariantError` with `message` unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Ends a `switch` over a tagged union: a case the compiler says cannot be. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable case: ${JSON.stringify(value)}`);
}
