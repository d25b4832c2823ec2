/**
 * Runs the tiny models beside this file by the very code that the suite runs cells by. Their samples are what the PC's
 * interpreter was given (models/recorded.json), three times over: so each is inferred three times.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base } from '@playwright/test';
import type { Plugin } from 'esbuild';
import { findEngine } from '../../src/browsers/find.js';
import { buildPage } from '../../src/build/page.js';
import { Dataset } from '../../src/datasets/dataset.js';
import { createDriver } from '../../src/drivers/index.js';
import { gatherCell } from '../../src/gather/cell.js';
import { PagePool } from '../../src/gather/pages.js';
import { DEFAULT_DEADLINES } from '../../src/gather/settings.js';
import type { Observed } from '../../src/observations/store.js';
import { PROJECT_ROOT } from '../../src/paths.js';
import type { PlannedCell } from '../../src/plan/plan.js';
import type { Artifact, Dtype, InputSpec, ModelCard } from '../../src/protocol/card.js';
import { cellId, type BrowserName, type Target } from '../../src/protocol/cell.js';
import { harnessUrl, startHarness } from '../../src/server/harness.js';
import type { HarnessServer } from '../../src/server/server.js';

export const MODELS = path.join(PROJECT_ROOT, 'tests', 'litert', 'models');
/** Inferences of each model. */
export const REPEATS = 3;

/** A tensor as recorded.json holds it. */
interface Recorded {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Raw values, little-endian, in base64. */
  readonly data: string;
}

export type Recordings = Readonly<
  Record<string, { readonly inputs: readonly Recorded[]; readonly outputs: readonly Recorded[] }>
>;

export function recordings(): Recordings {
  return JSON.parse(readFileSync(path.join(MODELS, 'recorded.json'), 'utf8')) as Recordings;
}

export interface RunOptions {
  /** Other bytes than the model's. */
  readonly bytes?: Uint8Array;
  /** Other names in the card than the model's: the first input's. */
  readonly inputName?: string;
}

/** One browser with its server, and the models on it. */
export class Rig {
  private constructor(
    readonly browser: BrowserName,
    readonly pool: PagePool,
    private readonly server: HarnessServer,
    private readonly scratch: string,
  ) {}

  static async start(browser: BrowserName, plugins: readonly Plugin[] = []): Promise<Rig> {
    const status = await findEngine(browser);
    if (!status.found) {
      test.skip(true, `${browser}: ${status.why}; mend it by \`${status.mend}\``);
      throw new Error('a skipped test has ended before this');
    }
    const scratch = mkdtempSync(path.join(tmpdir(), 'plumbline-litert-'));
    const [models, datasets] = [path.join(scratch, 'models'), path.join(scratch, 'datasets')];
    mkdirSync(datasets);
    cpSync(MODELS, path.join(models, 'tiny'), { recursive: true });
    const page = plugins.length === 0 ? {} : { outDir: path.join(scratch, 'page'), plugins };
    const server = await startHarness({ page: (await buildPage(page)).outDir, models, mounts: { datasets } });
    return new Rig(
      browser,
      new PagePool(createDriver(status.engine), harnessUrl(server), DEFAULT_DEADLINES),
      server,
      scratch,
    );
  }

  /** Gathers the cell of a model; whatever happens is in the observation. */
  async run(name: string, target: Target, options: RunOptions = {}): Promise<Observed> {
    const recorded = recordings()[name];
    if (recorded === undefined) throw new Error(`nothing is recorded for "${name}"`);
    const bytes = options.bytes ?? readFileSync(path.join(MODELS, `${name}.tflite`));
    writeFileSync(path.join(this.scratch, 'models', 'tiny', `${name}.tflite`), bytes);
    return await gatherCell(planned(name, bytes, recorded, target, this.browser, options), {
      pool: this.pool,
      server: this.server,
      dataset: this.#samplesOf(name, recorded.inputs),
      deadlines: DEFAULT_DEADLINES,
      limit: REPEATS,
      budgetMs: 30_000,
    });
  }

  async close(): Promise<void> {
    await this.pool.close();
    await this.server.close();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  #samplesOf(name: string, inputs: readonly Recorded[]): Dataset {
    const folder = path.join(this.scratch, 'datasets', name);
    mkdirSync(folder, { recursive: true });
    const fields = inputs.map(({ dtype, shape, data }, index) => {
      const once = Buffer.from(data, 'base64');
      const all = Buffer.concat(Array.from({ length: REPEATS }, () => once));
      const file = `${String(index)}.bin`;
      writeFileSync(path.join(folder, file), all);
      return { dtype, shape: [...shape], file, ...digestOf(all) };
    });
    return new Dataset({ name, split: 'recorded', n: REPEATS, fields, generated: true }, folder);
  }
}

function planned(
  name: string,
  bytes: Uint8Array,
  recorded: Recordings[string],
  target: Target,
  browser: BrowserName,
  { inputName }: RunOptions,
): PlannedCell {
  const inputs = recorded.inputs.map((input, index): InputSpec => ({
    name: index === 0 && inputName !== undefined ? inputName : input.name,
    dtype: input.dtype,
    shape: [...input.shape],
    layout: 'any',
    wire: input.dtype,
  }));
  const artifact: Artifact = {
    format: 'tflite',
    precision: 'fp32',
    files: [{ path: `${name}.tflite`, ...digestOf(bytes) }],
    provenance: { tool: 'tests/litert/models/make.py', version: '1', command: 'make.py' },
  };
  const card: ModelCard = {
    schema: 1,
    name: 'tiny',
    title: name,
    task: 'none',
    dataset: name,
    inputs,
    outputs: recorded.outputs.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })),
    labels: [],
    artifacts: [artifact],
    provenance: { framework: 'tensorflow', version: '2.19', command: 'make.py', seed: 1, source: 'made up' },
  };
  const key = { model: card.name, format: artifact.format, precision: artifact.precision, ...target, browser };
  return { id: cellId(key), key, model: { card, folder: MODELS }, artifact, target };
}

const digestOf = (bytes: Uint8Array): { bytes: number; sha256: string } => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

interface WorkerFixtures {
  /** The rig of a browser, started when it is asked for. Where the browser is missing, the test is skipped and says why. */
  readonly rigOf: (browser: BrowserName) => Promise<Rig>;
}

export const test = base.extend<object, WorkerFixtures>({
  rigOf: [
    async ({}, use) => {
      const rigs = new Map<BrowserName, Promise<Rig>>();
      await use((browser) => {
        const rig = rigs.get(browser) ?? Rig.start(browser);
        rigs.set(browser, rig);
        return rig;
      });
      for (const rig of rigs.values()) await (await rig).close();
    },
    { scope: 'worker' },
  ],
});

export { expect } from '@playwright/test';
