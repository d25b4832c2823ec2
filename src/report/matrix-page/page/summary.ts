/** The head of the page: how the run stands, what is off, where it ran. */
import { BROWSERS, RUNTIMES } from '../../../protocol/cell.js';
import type { ResultRecord } from '../../../protocol/record.js';
import { headline } from '../../format.js';
import { SIGNS } from '../../outcome.js';
import { reasonOf, type Cell } from '../cells.js';
import { BROWSER_TITLES, plural, RUNTIME_TITLES } from '../names.js';
import { cellHref, h } from './dom.js';

/** So many of what is off are told one by one; they have causes in common, which the first ones show. */
const TOLD = 8;

const isOff = ({ outcome }: Cell): boolean => outcome === 'fail' || outcome === 'error';
const distinct = (values: readonly string[]): string[] =>
  [...new Set(values)].filter((value) => value !== '' && value !== 'unknown');

/** In one sentence: whether all is as it should be. */
export function verdict(cells: readonly Cell[]): HTMLElement {
  const off = cells.filter(isOff);
  const known = cells.filter(({ outcome }) => outcome === 'known').length;
  const outcome = off.length === 0 ? 'pass' : 'fail';
  const failed = off.filter((cell) => cell.outcome === 'fail').length;
  const words =
    cells.length === 0
      ? 'There are no results.'
      : off.length === 0
        ? known === 0
          ? 'Every cell is as expected.'
          : `Every cell is as expected; ${plural(known, 'known failure')} among them.`
        : [
            failed > 0 && `${plural(failed, 'cell')} failed`,
            off.length > failed && `${plural(off.length - failed, 'cell')} ended in an error`,
          ]
            .filter(Boolean)
            .join(', ') + '.';
  return h(
    'p',
    { class: 'verdict', 'data-outcome': cells.length === 0 ? 'skipped' : outcome },
    h('i', { 'aria-hidden': 'true' }, SIGNS[outcome]),
    h('span', {}, words),
  );
}

/** What is not as expected, worst first; nothing where all is. */
export function offList(cells: readonly Cell[], showAll: () => void): HTMLElement | undefined {
  const off = cells.filter(isOff);
  if (off.length === 0) return undefined;
  const items = off.slice(0, TOLD).map((cell) => {
    const reason = reasonOf(cell);
    return h(
      'li',
      {},
      h('a', { href: cellHref(cell.id) }, cell.id),
      h(
        'span',
        { class: 'badge', 'data-outcome': cell.outcome },
        h('i', { 'aria-hidden': 'true' }, SIGNS[cell.outcome]),
        ` ${reason?.code ?? cell.outcome}`,
      ),
      reason && h('span', { class: 'quiet' }, headline(reason.message, 200)),
    );
  });
  const more = h('button', { type: 'button' }, `Show all ${plural(off.length, 'of them', 'of them')} in the matrix`);
  more.addEventListener('click', showAll);
  return h(
    'section',
    { class: 'off', 'aria-label': 'Not as expected' },
    h('ul', {}, ...items),
    off.length > TOLD && more,
  );
}

/** How much there is, and where it ran. */
export function context(cells: readonly Cell[], records: readonly ResultRecord[]): HTMLElement {
  const size = [
    plural(cells.length, 'cell'),
    plural(distinct(cells.map(({ key }) => key.model)).length, 'model'),
    plural(distinct(cells.map(({ key, artifact }) => `${key.model}/${artifact}`)).length, 'artifact'),
    plural(
      distinct(cells.filter(({ key }) => key.browser !== 'pc').map(({ target }) => target)).length,
      'runtime-backend',
    ),
  ].join(' · ');
  const browsers = BROWSERS.flatMap((browser) =>
    distinct(records.filter(({ cell }) => cell.browser === browser).map(({ cell }) => cell.browserVersion)).map(
      (version) => `${BROWSER_TITLES[browser]} ${version}`,
    ),
  );
  const runtimes = RUNTIMES.flatMap((runtime) =>
    distinct(
      records
        .filter(({ cell }) => cell.runtime === runtime && cell.browser !== 'pc')
        .map(({ cell }) => cell.runtimeVersion),
    ).map((version) => `${RUNTIME_TITLES[runtime]} ${version}`),
  );
  const machines = distinct(
    records.map(({ cell }) => [cell.os, cell.cpu].filter((part) => part !== '' && part !== 'unknown').join(', ')),
  );
  return h(
    'div',
    { class: 'context' },
    ...[[size], browsers, runtimes, machines]
      .filter((parts) => parts.length > 0)
      .map((parts) => h('p', {}, parts.join(' · '))),
  );
}
