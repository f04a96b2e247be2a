/** What a person chose in this browser. */
"use client";
import { createStored, isRecord, textsOf } from "./stored.ts";

export type Dock = "right" | "bottom";

export interface Preferences {
  /** `local`, or a time zone by its name. */
  readonly zone: string;
  /** 0: only by hand. */
  readonly refreshMs: number;
  readonly density: "compact" | "comfortable";
  readonly isSidebarOpen: boolean;
  /** Whether the event browser shows fields beside the rows. */
  readonly areFieldsOpen: boolean;
  /** Where an event is shown, seen from the rows. */
  readonly dock: Dock;
  /** Topics that are marked. */
  readonly stars: readonly string[];
}

export const REFRESH_CHOICES_MS = [2_000, 5_000, 10_000, 30_000, 0] as const;
const REFRESH_MS = 5_000;
/** The list of topics asks for all of them by name: as many as the broker takes at once. */
export const STARS_MAX = 50;

/** Whatever is missing or not what it should be has its default. */
export function parsePreferences(json: unknown): Preferences {
  const { zone, refreshMs, density, isSidebarOpen, areFieldsOpen, dock, stars } = isRecord(json)
    ? json
    : {};
  return {
    zone: typeof zone === "string" && isZone(zone) ? zone : "local",
    refreshMs: REFRESH_CHOICES_MS.find((ms) => ms === refreshMs) ?? REFRESH_MS,
    density: density === "comfortable" ? "comfortable" : "compact",
    isSidebarOpen: isSidebarOpen !== false,
    areFieldsOpen: areFieldsOpen !== false,
    dock: dock === "bottom" ? "bottom" : "right",
    stars: textsOf(stars, STARS_MAX),
  };
}

export function isZone(zone: string): boolean {
  if (zone === "local") return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const stored = createStored("runnel.preferences", parsePreferences);

export const usePreferences = stored.use;

export function setPreferences(change: Partial<Preferences>): void {
  stored.write({ ...stored.read(), ...change });
}

/** For `refetchInterval`. */
export function useRefreshMs(): number | false {
  const { refreshMs } = usePreferences();
  return refreshMs === 0 ? false : refreshMs;
}

export function toggleStar(topic: string): void {
  const { stars } = stored.read();
  const rest = stars.filter((star) => star !== topic);
  setPreferences({
    stars: rest.length < stars.length ? rest : [topic, ...stars].slice(0, STARS_MAX),
  });
}
