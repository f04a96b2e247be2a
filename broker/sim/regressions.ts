/** Seeds that failed once, and what they found: they run first, for good. */
export const REGRESSIONS: readonly { readonly seed: number; readonly found: string }[] = [];
