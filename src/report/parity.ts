/** The training parity of the PC frameworks, `zoo/logs/parity.json`: the same configuration in each of them (RQ1). */
import { z } from 'zod';
import { markdownTable } from './markdown-table.js';
import { count, points } from './format.js';

const runSchema = z.object({
  model: z.string(),
  framework: z.string(),
  versions: z.record(z.string(), z.string()).optional(),
  recipe: z.object({ dataset: z.string().optional(), epochs: z.number().optional() }).optional(),
  data: z.object({ test: z.object({ n: z.number() }) }).optional(),
  top1: z.number().optional(),
  curve: z.array(z.object({ epoch: z.number(), test: z.number().nullish() })).optional(),
});
type Run = z.infer<typeof runSchema>;

/** Fields beyond those that are shown may come and go. */
export const paritySchema = z.array(runSchema);
export type TrainingRuns = z.infer<typeof paritySchema>;

const FRAMEWORKS: Readonly<Record<string, string>> = { torch: 'PyTorch', keras: 'Keras', tensorflow: 'TensorFlow' };

/** A row a model, a column a framework; `undefined` where nothing was trained. */
export function parityTable(runs: TrainingRuns): string | undefined {
  const reached = runs.filter(({ top1 }) => top1 !== undefined);
  if (reached.length === 0) return undefined;
  const models = [...new Set(reached.map(({ model }) => model))].sort();
  const order = Object.keys(FRAMEWORKS);
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const frameworks = [...new Set(reached.map(({ framework }) => framework))].sort(
    (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
  );
  const rows = models.map((model) => {
    const own = reached.filter((run) => run.model === model);
    const [first] = own;
    const accuracies = frameworks.map((name) => own.find(({ framework }) => framework === name)?.top1);
    const known = accuracies.filter((value) => value !== undefined);
    return [
      model,
      first?.recipe?.dataset ?? '',
      first?.recipe?.epochs === undefined ? '' : String(first.recipe.epochs),
      first?.data === undefined ? '' : count(first.data.test.n),
      ...accuracies.map((value) => (value === undefined ? '' : (100 * value).toFixed(2))),
      known.length < 2 ? '' : points(Math.max(...known) - Math.min(...known)).replace('+', ''),
      widestGap(own),
    ];
  });
  return markdownTable(
    ['model', 'dataset', 'epochs', 'n', ...frameworks.map((name) => FRAMEWORKS[name] ?? name), 'apart', 'widest apart'],
    rows,
    ['left', 'left', 'right', 'right', ...frameworks.map(() => 'right' as const), 'right', 'right'],
  );
}

/** Where the learning curves are furthest apart: `1.20 (epoch 3)`. */
function widestGap(runs: readonly Run[]): string {
  const byEpoch = new Map<number, number[]>();
  for (const { curve = [] } of runs) {
    for (const { epoch, test } of curve) {
      if (test !== undefined && test !== null) byEpoch.set(epoch, [...(byEpoch.get(epoch) ?? []), test]);
    }
  }
  let widest: { epoch: number; gap: number } | undefined;
  for (const [epoch, values] of byEpoch) {
    const gap = Math.max(...values) - Math.min(...values);
    if (values.length > 1 && gap > (widest?.gap ?? -1)) widest = { epoch, gap };
  }
  return widest === undefined ? '' : `${(100 * widest.gap).toFixed(2)} (epoch ${String(widest.epoch)})`;
}

/** `PyTorch 2.15.0`: what trained, each version once. */
export function parityVersions(runs: TrainingRuns): string[] {
  const names = new Set<string>();
  for (const { framework, versions = {} } of runs) {
    const version = versions[framework] ?? versions[`tf_${framework}`] ?? versions.tensorflow;
    names.add(`${FRAMEWORKS[framework] ?? framework}${version === undefined ? '' : ` ${version.split('+')[0] ?? ''}`}`);
  }
  return [...names].sort();
}
