/** Addresses of the page's own files. The page has a document, its worker has none: what they share is where they are. */

/** @param relative to the folder of the page, in which its worker's script lies, too */
export function pageUrl(relative: string): string {
  return new URL(relative, location.href).href;
}
