/** The finding of a cell that was timed or soaked: what every finding has, then its numbers, and its curves as pictures. */
import type { SoakObservation } from '../protocol/performance.js';
import type { Finding, ResultRecord } from '../protocol/record.js';
import { curveChart } from './chart.js';
import { buildFinding } from './finding.js';
import { markdownTable } from './markdown-table.js';
import { performanceSections } from './performance-rows.js';
import { localSecrets, type Secrets } from './scrub.js';

/** @param soak - What a record of that kind was judged by. */
export function measuredFinding(
  record: ResultRecord,
  soak: SoakObservation | undefined,
  secrets: Secrets = localSecrets(),
): Finding {
  const finding = buildFinding({ record }, secrets);
  const curves = soak === undefined ? {} : curvesOf(soak);
  const tables = performanceSections(record).flatMap(([title, rows]) => {
    const there = rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
    return there.length === 0 ? [] : [`## ${title}\n\n${markdownTable(['', ''], there)}`];
  });
  const pictures = Object.keys(curves).map((file) => `![${file}](${file})`);
  const sections = [...tables, ...(pictures.length === 0 ? [] : [`## Curves\n\n${pictures.join('\n\n')}`])];
  return {
    ...finding,
    kind: record.kind,
    markdown: [finding.markdown.trimEnd(), ...sections].join('\n\n') + '\n',
    pictures: { ...finding.pictures, ...curves },
  };
}

/** Memory curves as SVG, base64, by file name. */
function curvesOf({ soak, rounds }: SoakObservation): Record<string, string> {
  const charts = {
    'memory-over-inferences.svg': soak && curveChart('Over inferences', soak.curve, 'inference'),
    'memory-over-rounds.svg': curveChart('Over rounds of load and dispose', rounds, 'round'),
  };
  return Object.fromEntries(
    Object.entries(charts).flatMap(([file, svg]) =>
      svg === undefined ? [] : [[file, Buffer.from(svg, 'utf8').toString('base64')]],
    ),
  );
}
