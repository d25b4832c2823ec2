/** The controls by which cells are chosen. */
import { count } from '../../format.js';
import { OUTCOMES, SIGNS, type Outcome } from '../../outcome.js';
import type { Cell } from '../cells.js';
import { FIELD_NAMES, FIELDS, filterCells, isFiltering, NO_FILTER, type Field, type Filter } from '../filter.js';
import { BROWSER_TITLES, OUTCOME_TITLES, OUTCOME_WORDS, RUNTIME_TITLES } from '../names.js';
import { h } from './dom.js';

const TITLES: Readonly<Record<Field, string>> = {
  model: 'Model',
  precision: 'Precision',
  runtime: 'Runtime',
  backend: 'Backend',
  browser: 'Browser',
};

const VALUES = new Map<string, string>([...Object.entries(RUNTIME_TITLES), ...Object.entries(BROWSER_TITLES)]);

export class Filters {
  readonly element: HTMLElement;
  readonly #cells: readonly Cell[];
  readonly #selects = new Map<Field, HTMLSelectElement>();
  readonly #chips = new Map<Outcome, { button: HTMLButtonElement; number: HTMLElement }>();
  readonly #text: HTMLInputElement;
  readonly #reset: HTMLButtonElement;
  readonly #shown: HTMLElement;
  readonly #changed: (filter: Filter) => void;
  #filter: Filter = NO_FILTER;

  constructor(cells: readonly Cell[], changed: (filter: Filter) => void) {
    this.#cells = cells;
    this.#changed = changed;
    const selects = FIELD_NAMES.map((name) => this.#select(name));
    const chips = OUTCOMES.filter((outcome) => cells.some((cell) => cell.outcome === outcome)).map((outcome) =>
      this.#chip(outcome),
    );
    this.#text = h('input', {
      type: 'search',
      id: 'filter-text',
      autocomplete: 'off',
      spellcheck: 'false',
      placeholder: 'lenet5 wasm-t2',
    });
    this.#text.addEventListener('input', () => {
      this.set({ ...this.#filter, text: this.#text.value });
    });
    this.#reset = h('button', { type: 'button', class: 'reset' }, 'Show all');
    this.#reset.addEventListener('click', () => {
      this.set(NO_FILTER);
      this.#text.focus();
    });
    this.#shown = h('span', { role: 'status', class: 'quiet' });
    this.element = h(
      'form',
      { class: 'filters', 'aria-label': 'Which cells are shown' },
      h('div', { class: 'chips', role: 'group', 'aria-label': 'Status' }, ...chips),
      h(
        'div',
        { class: 'fields' },
        ...selects,
        h('div', { class: 'field' }, h('label', { for: 'filter-text' }, 'Id contains'), this.#text),
        h('div', { class: 'shown' }, this.#shown, this.#reset),
      ),
    );
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
    });
  }

  /** Changes the controls to `filter` and tells of it. */
  set(filter: Filter): void {
    this.#filter = filter;
    for (const [name, select] of this.#selects) select.value = filter.fields[name] ?? '';
    for (const [outcome, { button, number }] of this.#chips) {
      button.setAttribute('aria-pressed', String(filter.outcomes.has(outcome)));
      // How many there would be of it, all else as it is.
      number.textContent = count(filterCells(this.#cells, { ...filter, outcomes: new Set([outcome]) }).length);
    }
    if (this.#text.value !== filter.text) this.#text.value = filter.text;
    const shown = filterCells(this.#cells, filter).length;
    this.#shown.textContent = isFiltering(filter)
      ? `${count(shown)} of ${count(this.#cells.length)} cells`
      : `${count(shown)} cells`;
    this.#reset.hidden = !isFiltering(filter);
    this.#changed(filter);
  }

  #select(name: Field): HTMLElement {
    const values = [...new Set(this.#cells.map(FIELDS[name]))];
    const options = values.map((value) => h('option', { value }, VALUES.get(value) ?? value));
    const select = h('select', { id: `filter-${name}` }, h('option', { value: '' }, 'All'), ...options);
    select.addEventListener('change', () => {
      const fields = { ...this.#filter.fields };
      if (select.value === '') Reflect.deleteProperty(fields, name);
      else fields[name] = select.value;
      this.set({ ...this.#filter, fields });
    });
    this.#selects.set(name, select);
    return h('div', { class: 'field' }, h('label', { for: select.id }, TITLES[name]), select);
  }

  #chip(outcome: Outcome): HTMLElement {
    const number = h('b', {});
    const button = h(
      'button',
      {
        type: 'button',
        class: 'chip',
        'data-outcome': outcome,
        'aria-pressed': 'false',
        title: OUTCOME_WORDS[outcome],
      },
      h('i', { 'aria-hidden': 'true' }, SIGNS[outcome]),
      number,
      ` ${OUTCOME_TITLES[outcome].toLowerCase()}`,
    );
    button.addEventListener('click', () => {
      const outcomes = new Set(this.#filter.outcomes);
      if (!outcomes.delete(outcome)) outcomes.add(outcome);
      this.set({ ...this.#filter, outcomes });
    });
    this.#chips.set(outcome, { button, number });
    return button;
  }
}
