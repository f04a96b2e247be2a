/** Debian's Chromium, and pages in it that note when something of theirs was painted. */
import { type Browser, chromium, type Page } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";
const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const SIZE = { width: 1440, height: 900 };

export async function launchBrowser(): Promise<Browser> {
  try {
    return await chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
  } catch (cause) {
    throw new Error(`${EXECUTABLE} does not start: install the package chromium`, { cause });
  }
}

/** What changed on a page, each with the ms since its navigation began at which it was to be seen. */
export interface Notes {
  /** The first row of the table, by its key; null for none. */
  readonly rows: readonly { readonly at: number; readonly key: string | null }[];
  /** Keys pressed and pointers released. */
  readonly inputs: readonly { readonly at: number; readonly type: string }[];
  /** When each of the selectors that are awaited led somewhere first; null until that is painted. */
  readonly found: Readonly<Record<string, number | null>>;
}

/**
 * Looks at every frame, in which it costs one query of the document. The message that a frame posts
 * arrives when it has been painted.
 */
const WATCH = `
  const notes = { rows: [], inputs: [], found: {} };
  globalThis.runnelNotes = notes;
  let waiting = [];
  globalThis.runnelUntil = (test) => new Promise((resolve, reject) => {
    if (test(notes)) resolve();
    else waiting.push({ test, resolve });
    setTimeout(() => reject(new Error("not seen within a minute: " + test)), 60_000);
  });
  const painted = (note) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      note(performance.now());
      waiting = waiting.filter(({ test, resolve }) => !test(notes) || resolve());
    };
    port2.postMessage(null);
  };
  let last = null;
  const look = () => {
    const box = document.querySelector('[role="grid"] [role="row"][aria-rowindex="2"] input');
    const key = box === null ? null : box.getAttribute("aria-label");
    if (key !== last) {
      last = key;
      painted((at) => notes.rows.push({ at, key }));
    }
    for (const selector of globalThis.runnelAwaited ?? []) {
      if (selector in notes.found || document.querySelector(selector) === null) continue;
      notes.found[selector] = null;
      painted((at) => { notes.found[selector] = at; });
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  for (const type of ["keydown", "pointerup"]) {
    addEventListener(type, (event) => notes.inputs.push({ at: event.timeStamp, type }), true);
  }
  performance.setResourceTimingBufferSize(2000);
`;

/** Does `work` with a page of a browser that has cached nothing. `awaited`: selectors to note. */
export async function withPage<Result>(
  browser: Browser,
  awaited: readonly string[],
  work: (page: Page) => Promise<Result>,
): Promise<Result> {
  const context = await browser.newContext({ viewport: SIZE, reducedMotion: "reduce" });
  try {
    const page = await context.newPage();
    await page.addInitScript(`globalThis.runnelAwaited = ${JSON.stringify(awaited)};${WATCH}`);
    return await work(page);
  } finally {
    await context.close();
  }
}

export function notesOf(page: Page): Promise<Notes> {
  return page.evaluate("globalThis.runnelNotes") as Promise<Notes>;
}

/** Waits until `test`, an expression for a function of notes, says yes to them. */
export async function until(page: Page, test: string): Promise<Notes> {
  // The policy of the page forbids what waits in it to be evaluated, but for the debugger.
  await page.evaluate(`runnelUntil(${test})`);
  return await notesOf(page);
}

/** Waits until the first row of the table is another than `key`; when it was painted, and which it is. */
export async function nextRow(
  page: Page,
  key: string | null,
): Promise<{ readonly at: number; readonly key: string }> {
  const isAnother = `key !== null && key !== undefined && key !== ${JSON.stringify(key)}`;
  const { rows } = await until(
    page,
    `({ rows }) => { const key = rows.at(-1)?.key; return ${isAnother}; }`,
  );
  const last = rows.at(-1);
  return { at: last?.at ?? Number.NaN, key: last?.key ?? "" };
}

/** A request of a page, in ms since its navigation began. */
export interface Resource {
  readonly name: string;
  readonly startTime: number;
  readonly responseEnd: number;
  /** As it came over the network. */
  readonly encodedBodySize: number;
  readonly decodedBodySize: number;
}

/** The requests of a page whose address contains `part`, in order. */
export async function resourcesOf(page: Page, part: string): Promise<readonly Resource[]> {
  const all = (await page.evaluate(
    "performance.getEntriesByType('resource').map((one) => one.toJSON())",
  )) as readonly Resource[];
  return all.filter(({ name }) => name.includes(part));
}
