/** Debian's Chromium, driven by Playwright, and what every page must hold in it. */
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";
const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
}

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page's scripts complained about; empty for a good page. */
  readonly complaints: string[];
}

export interface VisitOptions {
  readonly size?: { readonly width: number; readonly height: number };
}

/** A fresh browser profile with one page. The clipboard works; dangerous dialogs do not block. */
export async function visit(
  browser: Browser,
  baseURL: string,
  { size = { width: 1440, height: 900 } }: VisitOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    baseURL,
    colorScheme: "light",
    viewport: { ...size },
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
  page.on("console", (message) => {
    const text = message.text();
    // What the server refused is the business of the page, which shows it.
    if (message.type() === "error" && !text.startsWith("Failed to load resource")) {
      complaints.push(text);
    }
  });
  return { page, context, complaints };
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Problems for people with disabilities that axe calls serious or critical, in the light theme and the dark. */
export async function seriousIssues(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.locator(`html.${theme}`).waitFor();
    found.push(...(await issuesNow(page)).map((issue) => `${theme}: ${issue}`));
  }
  return found;
}

/** They stand at both ends of an open menu and hand the focus on at once: nobody ever rests there. */
const FOCUS_GUARDS = ["[data-base-ui-focus-guard]"];

async function issuesNow(page: Page): Promise<readonly string[]> {
  // Evaluated by the debugger, which the policy of the page does not bind.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async (exclude) => {
    const { axe } = globalThis as unknown as {
      readonly axe: {
        run(context: object): Promise<{ readonly violations: readonly Violation[] }>;
      };
    };
    return (await axe.run({ exclude })).violations;
  }, FOCUS_GUARDS);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => {
      const first = nodes[0];
      return `${id} ×${nodes.length}: ${first?.html.slice(0, 300)}\n${first?.failureSummary}`;
    });
}
