/** States of a page's address that somebody wants to come back to, by name. */
"use client";
import { createStored, isRecord, type Stored } from "./stored.ts";

export interface SavedView {
  readonly name: string;
  /** The query of the address, without `?`. */
  readonly search: string;
}

const VIEWS_MAX = 30;

export function parseViews(json: unknown): readonly SavedView[] {
  if (!Array.isArray(json)) return [];
  return json
    .filter(isRecord)
    .flatMap(({ name, search }) =>
      typeof name === "string" && typeof search === "string" ? [{ name, search }] : [],
    )
    .slice(0, VIEWS_MAX);
}

const stores = new Map<string, Stored<readonly SavedView[]>>();

/** The views of one page. */
export function viewsOf(page: string): Stored<readonly SavedView[]> {
  const known = stores.get(page);
  if (known !== undefined) return known;
  const made = createStored(`runnel.views.${page}`, parseViews);
  stores.set(page, made);
  return made;
}

/** With `view` in it, in place of one of the same name. */
export function withView(views: readonly SavedView[], view: SavedView): readonly SavedView[] {
  return [view, ...views.filter(({ name }) => name !== view.name)].slice(0, VIEWS_MAX);
}
