/** Elements without markup in strings: what comes from records is only ever text. */

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
export type Child = Node | string | undefined | false;

/** An element with attributes (`true`: present, `false` or `undefined`: absent) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
  return element;
}

/** The element of the page's own HTML with that id. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element "${id}"`);
  return element;
}

/** A link to a cell's evidence. */
export const cellHref = (id: string): string => `#${id}`;

/** Text that only screen readers get. */
export const spoken = (text: string): HTMLElement => h('span', { class: 'spoken' }, text);

/** A table with a head; cells are text or elements. The first column heads its row. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Child[])[],
  numeric: ReadonlySet<number> = new Set(),
): HTMLTableElement {
  const kind = (at: number): Attributes => (numeric.has(at) ? { class: 'number' } : {});
  return h(
    'table',
    { class: 'plain' },
    h('caption', { class: 'spoken' }, caption),
    h('thead', {}, h('tr', {}, ...head.map((text, at) => h('th', { scope: 'col', ...kind(at) }, text)))),
    h(
      'tbody',
      {},
      ...rows.map((row) =>
        h('tr', {}, ...row.map((cell, at) => (at === 0 ? h('th', { scope: 'row' }, cell) : h('td', kind(at), cell)))),
      ),
    ),
  );
}
