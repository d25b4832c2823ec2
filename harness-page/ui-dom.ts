/** Building DOM in the page for a person. */

/** An element with attributes and children; text is set as text, never as markup. */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Options of a select, from pairs of value and text. */
export function optionList(pairs: readonly (readonly [string, string])[]): HTMLOptionElement[] {
  return pairs.map(([value, text]) => el('option', { value }, text));
}

/** A table of names and values. */
export function facts(caption: string, rows: readonly (readonly [string, string])[]): HTMLTableElement {
  return el(
    'table',
    {},
    el('caption', {}, caption),
    el(
      'tbody',
      {},
      ...rows.map(([name, value]) => el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, value))),
    ),
  );
}
