import { expect, it } from 'vitest';
import { staleFiles } from './allure-stale.js';

const result = (project: string, attachment: string): string =>
  JSON.stringify({
    labels: [{ name: 'titlePath', value: ` > ${project} > some.spec.ts` }],
    steps: [{ attachments: [{ source: attachment }] }],
  });

const results = new Map([
  ['a-result.json', result('firefox', '0a1b-attachment.html')],
  ['b-result.json', result('performance', '0a1c-attachment.svg')],
  ['c-result.json', result('soak', '0a1d-attachment.svg')],
  ['d-result.json', '{ cut off'],
]);
const others = [
  'environment.properties',
  '0a1b-attachment.html',
  '0a1c-attachment.svg',
  '0a1d-attachment.svg',
  'x-container.json',
];

it.each<[('matrix' | 'performance' | 'soak')[], string[]]>([
  [['matrix'], ['b-result.json', 'c-result.json', '0a1c-attachment.svg', '0a1d-attachment.svg']],
  [['performance'], ['a-result.json', 'c-result.json', 'd-result.json', '0a1b-attachment.html', '0a1d-attachment.svg']],
  [
    ['soak', 'performance'],
    ['a-result.json', 'd-result.json', '0a1b-attachment.html'],
  ],
  [['matrix', 'soak', 'performance'], []],
])('a run of %j keeps %j', (runs, kept) => {
  const isStale = staleFiles(results, new Set(runs));
  expect([...results.keys(), ...others].filter((file) => !isStale(file))).toEqual(kept);
});
