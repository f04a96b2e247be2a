/** The filter of lists, the same for the broker, which has all rows, and for rows that a page has. */

/** Whether a text contains all words of `filter`, in any case; one with `*` or `?` must be all of it. */
export function nameMatcher(filter: string): (text: string) => boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return () => true;
  return (text) => {
    const lower = text.toLowerCase();
    return words.every((word) =>
      /[*?]/.test(word) ? isGlobMatch(word, lower) : lower.includes(word),
    );
  };
}

/** `*` any text, `?` one character. In steps of at most pattern × text: no pattern is slow. */
function isGlobMatch(pattern: string, text: string): boolean {
  let [at, p] = [0, 0];
  let [starAt, starP] = [-1, -1];
  while (at < text.length) {
    if (pattern[p] === "*") {
      [starAt, starP] = [at, p];
      p += 1;
    } else if (pattern[p] === "?" || pattern[p] === text[at]) {
      at += 1;
      p += 1;
    } else if (starP >= 0) {
      starAt += 1;
      at = starAt;
      p = starP + 1;
    } else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}
