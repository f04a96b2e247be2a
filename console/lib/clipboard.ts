/** Text for the clipboard, also where the browser hands out none: over plain HTTP from another host. */

/** Says that nothing was copied, and what to do instead. */
export class CopyError extends Error {
  override name = "CopyError";

  constructor(options?: ErrorOptions) {
    super("this browser lets the page copy nothing; mark the text and copy it by hand", options);
  }
}

/** Must be called while a press of a key or a button is handled. Throws `CopyError`. */
export async function copyText(text: string): Promise<void> {
  // Missing without HTTPS, unlike what its type says.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) {
    if (!copyMarked(text)) throw new CopyError();
    return;
  }
  try {
    await clipboard.writeText(text);
  } catch (error) {
    if (!copyMarked(text)) throw new CopyError({ cause: error });
  }
}

/** The older way, which marks a text of its own for it. */
function copyMarked(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.setAttribute("aria-hidden", "true");
  area.className = "sr-only";
  // Inside of the dialog that is open, which lets the focus go nowhere else.
  (focused?.parentElement ?? document.body).append(area);
  try {
    area.select();
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
