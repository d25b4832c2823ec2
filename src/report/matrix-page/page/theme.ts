/** Light or dark: as the system has it, or as the reader wants it. */
import { h } from './dom.js';

const KEY = 'plumbline-theme';
const THEMES = { auto: 'Auto', light: 'Light', dark: 'Dark' } as const;
type Theme = keyof typeof THEMES;

const isTheme = (value: unknown): value is Theme => typeof value === 'string' && Object.hasOwn(THEMES, value);

/** What was chosen last; a page from the disk may have no store. */
function remembered(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return isTheme(value) ? value : 'auto';
  } catch {
    return 'auto';
  }
}

function choose(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds as long as the page is open.
  }
}

export function themeSwitch(): HTMLElement {
  const current = remembered();
  document.documentElement.dataset.theme = current;
  return h(
    'fieldset',
    { class: 'choice' },
    h('legend', { class: 'spoken' }, 'Colours'),
    ...(Object.keys(THEMES) as Theme[]).map((theme) => {
      const input = h('input', { type: 'radio', name: 'theme', value: theme, checked: theme === current });
      input.addEventListener('change', () => {
        choose(theme);
      });
      return h('label', {}, input, h('span', {}, THEMES[theme]));
    }),
  );
}
