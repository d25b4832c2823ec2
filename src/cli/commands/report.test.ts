import { describe, expect, it } from 'vitest';
import { hasDesktop, withoutAnalytics } from './report.js';

describe('hasDesktop', () => {
  it.each([
    [{}, 'linux', false],
    [{ DISPLAY: '' }, 'linux', false],
    [{ DISPLAY: ':0' }, 'linux', true],
    [{ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true],
    [{ DISPLAY: ':0', CI: 'true' }, 'linux', false],
    [{ DISPLAY: 'localhost:10', SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }, 'linux', false],
    [{}, 'darwin', true],
    [{}, 'win32', true],
  ])('%j on %s: %s', (environment, platform, there) => {
    expect(hasDesktop(environment, platform)).toBe(there);
  });
});

it('takes the analytics out of the page and nothing else', () => {
  const page = [
    '<script src="app.js"></script>',
    '<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>',
    "<script>\n  window.dataLayer = window.dataLayer || [];\n  gtag('js', new Date());\n</script>",
    '<script>window.allureReportDataReady = true;</script>',
  ].join('');
  expect(withoutAnalytics(page)).toBe(
    '<script src="app.js"></script><script>window.allureReportDataReady = true;</script>',
  );
});
