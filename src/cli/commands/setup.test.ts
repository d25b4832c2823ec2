import { describe as group, expect, it } from 'vitest';
import { stripVTControlCharacters } from 'node:util';
import { DEBIAN, fakeHost } from '../../browsers/host.fake.js';
import { surveyMachine } from '../../browsers/survey.js';
import { describe } from './setup.js';

const linesOf = (text: string): string[] => stripVTControlCharacters(text).split('\n');

group('the table of set-up', () => {
  it('has a row an engine and nothing below when all is there', async () => {
    const lines = linesOf(describe(await surveyMachine(fakeHost(DEBIAN))));
    expect(lines.filter((line) => /│ (chromium|firefox|webkit) +│/.test(line))).toHaveLength(3);
    expect(lines.at(-1)).toMatch(/^└/);
  });

  it('names what is missing under the one command that mends it', async () => {
    const lines = linesOf(describe(await surveyMachine(fakeHost({}))));
    expect(lines.slice(-2)).toEqual([
      'Missing: chromium; firefox; webkit; a display for browsers with a window (xvfb); WebGL in software ' +
        '(libgl1-mesa-dri, libegl1, libgl1, libgles2, libpci3); WebGPU in software (mesa-vulkan-drivers).',
      'To mend it: npm run setup',
    ]);
  });

  it('keeps commands apart where they differ', async () => {
    const survey = await surveyMachine(fakeHost({ env: { PLUMBLINE_WEBKIT_ENDPOINT: 'http://127.0.0.1:4444' } }));
    const text = linesOf(describe({ ...survey, mendLacks: 'sudo something' })).join('\n');
    expect(text).toContain('Missing: webkit.\nTo mend it: unset PLUMBLINE_WEBKIT_ENDPOINT');
    expect(text).toContain('\nTo mend it: sudo something');
  });
});
