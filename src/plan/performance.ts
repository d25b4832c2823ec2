/**
 * The plan of time and memory: which cells are measured, and in which order they are visited.
 *
 * By default: what runs on the CPU, in fp32 and int8, in every browser, and on the PC what each of these is compared
 * with. `PLUMBLINE_PERF` adds to that, words separated by commas:
 *
 * - `gpu`: runtime-backends on the GPU, too
 * - `fp16`: artifacts of half precision, too
 * - `int8`: every artifact of eight bits, where a format has several of them; else the first of the card
 * - `worker`: each runtime-backend in a worker of the page's as well
 * - `layers`: the layers form of a TensorFlow.js model, too, where there is a graph form of the same weights
 * - `twins`: models that another framework trained, too, where the same layers are there by another name
 *
 * `PLUMBLINE_VISITS` sets how often each cell is visited (2).
 */
import { runsOn } from '../protocol/artifact.js';
import type { Artifact, ModelCard } from '../protocol/card.js';
import { BROWSERS, type BrowserName, type Platform, type Target } from '../protocol/cell.js';
import { PlumblineError } from '../protocol/errors.js';
import { seedOf } from '../protocol/random.js';
import type { Model } from './cards.js';
import { planCell, type PlannedCell } from './plan.js';
import { TARGETS, isGpu } from './targets.js';

const EXTRAS = ['gpu', 'fp16', 'int8', 'worker', 'layers', 'twins'] as const;
type Extra = (typeof EXTRAS)[number];

export interface PerformanceOptions {
  readonly extras: ReadonlySet<Extra>;
  /** How often each cell is visited. */
  readonly visits: number;
}

/** Fewer than two would leave the start with a full cache unmeasured. */
const LEAST_VISITS = 2;

/**
 * What is to be measured, by the environment.
 * @throws PlumblineError `E_USAGE` for a word that is none of these, and for a number of visits below 2
 */
export function performanceOptions(
  env: Readonly<Record<string, string | undefined>> = process.env,
): PerformanceOptions {
  const words = (env.PLUMBLINE_PERF ?? '').split(',').map((word) => word.trim());
  const extras = words.filter((word) => word !== '');
  const unknown = extras.find((word) => !(EXTRAS as readonly string[]).includes(word));
  if (unknown !== undefined) {
    throw new PlumblineError('E_USAGE', `PLUMBLINE_PERF: "${unknown}" is nothing that can be measured as well`, {
      hint: `Words, separated by commas, are ${EXTRAS.join(', ')}.`,
    });
  }
  const visits = Number(env.PLUMBLINE_VISITS ?? LEAST_VISITS);
  if (!Number.isInteger(visits) || visits < LEAST_VISITS)
    throw new PlumblineError('E_USAGE', `PLUMBLINE_VISITS: "${String(env.PLUMBLINE_VISITS)}" is no number from 2 on`);
  return { extras: new Set(extras as Extra[]), visits };
}

/** The browsers' cells of the plan, in the order of models and artifacts. */
export function planPerformance(
  models: readonly Model[],
  { extras }: PerformanceOptions,
  browsers: readonly BrowserName[] = BROWSERS,
): PlannedCell[] {
  return measuredModels(models, extras).flatMap((model) =>
    measuredArtifacts(model.card, extras).flatMap((artifact) =>
      measuredTargets(artifact, extras).flatMap((target) =>
        browsers.map((browser) => planCell(model, artifact, target, browser)),
      ),
    ),
  );
}

/** Every cell that any choice of `PLUMBLINE_PERF` measures, and what they are compared with on the PC, which comes first. */
export function planEverythingMeasured(models: readonly Model[]): PlannedCell[] {
  const cells = planPerformance(models, { extras: new Set(EXTRAS), visits: LEAST_VISITS });
  const native = new Map(cells.flatMap(nativeCells).map((cell) => [cell.id, cell]));
  return [...native.values(), ...cells];
}

function measuredModels(models: readonly Model[], extras: ReadonlySet<Extra>): readonly Model[] {
  if (extras.has('twins')) return models;
  const names = new Set(models.map(({ card }) => card.name));
  const isTwin = ({ card: { name, provenance } }: Model): boolean => {
    const suffix = `-${provenance.framework.toLowerCase()}`;
    return name.endsWith(suffix) && names.has(name.slice(0, -suffix.length));
  };
  return models.filter((model) => !isTwin(model));
}

/** All but those whose like is measured already: what is there for a runtime-backend that takes no other, say. */
function measuredArtifacts({ artifacts }: ModelCard, extras: ReadonlySet<Extra>): Artifact[] {
  const hasGraph = ({ format, precision }: Artifact): boolean =>
    artifacts.some((other) => other.format === format && other.precision === precision && other.variant === 'graph');
  const isLayers = (artifact: Artifact): boolean => artifact.format === 'tfjs' && artifact.variant !== 'graph';
  const isFirst = (artifact: Artifact): boolean =>
    artifacts.find(({ format, precision }) => format === artifact.format && precision === artifact.precision) ===
    artifact;
  return artifacts.filter((artifact) => {
    if (artifact.targets !== undefined) return false;
    if (artifact.precision === 'fp16' && !extras.has('fp16')) return false;
    if (artifact.precision === 'int8' && !extras.has('int8') && !isFirst(artifact)) return false;
    return extras.has('layers') || !isLayers(artifact) || !hasGraph(artifact);
  });
}

function measuredTargets(artifact: Artifact, extras: ReadonlySet<Extra>): Target[] {
  const targets = TARGETS[artifact.format].filter(
    (target) => runsOn(artifact, target) && (!isGpu(target) || extras.has('gpu')),
  );
  return extras.has('worker') ? targets.flatMap((target) => [target, { ...target, worker: true }]) : targets;
}

/** With so many threads each artifact is measured on the PC. */
const NATIVE_THREADS = [1, 2] as const;

/** What a cell is compared with: onnxruntime on the PC, with one thread and with two; nothing where there is no ONNX form. */
export function nativeCells({ model, artifact, key }: Pick<PlannedCell, 'model' | 'artifact' | 'key'>): PlannedCell[] {
  const counterpart = key.browser === 'pc' ? undefined : nativeCounterpart(model, artifact);
  if (counterpart === undefined) return [];
  return NATIVE_THREADS.map((threads) =>
    planCell(model, counterpart, { runtime: 'ort', backend: 'native', threads }, 'pc'),
  );
}

/**
 * The ONNX form that does on the PC what an artifact does: itself, or the one that computes in the same way. What is
 * stored small but computed in float (`weights`) does what fp32 does.
 */
export function nativeCounterpart({ card }: Model, artifact: Artifact): Artifact | undefined {
  if (artifact.format === 'onnx') return artifact;
  const onnx = card.artifacts.filter(({ format, targets }) => format === 'onnx' && targets === undefined);
  const kind = artifact.quantization?.kind;
  const alike =
    kind === undefined || kind === 'weights' ? undefined : onnx.find((own) => own.quantization?.kind === kind);
  return alike ?? onnx.find(({ precision }) => precision === 'fp32');
}

/** One visit of a cell: a fresh page, or on the PC a fresh process. */
export interface PlannedVisit {
  readonly cell: PlannedCell;
  /** From 1. */
  readonly number: number;
  readonly of: number;
  /** Position in the order of the whole run. */
  readonly turn: number;
  /** The prefix that the cell's pages lie under, and no other cell's: see the server. */
  readonly token: string;
  /** Name of its test: the id of the cell on its last visit, when it is judged; before that something that is no id. */
  readonly title: string;
}

/**
 * All visits, in the order in which they are made. The cells of a model are visited one after the other, the browsers by
 * turns, then all of them again: so what slows the machine for a while falls on all of them alike. Models follow one
 * another as wholes, for a browser's cache holds what one model's cells fetched, and not what all did. The PC comes
 * first in each round, so that it has been measured when the first browser's cell is judged.
 *
 * @param cells of browsers; what they are compared with on the PC is added
 */
export function orderVisits(cells: readonly PlannedCell[], visits: number): PlannedVisit[] {
  const order: Omit<PlannedVisit, 'turn'>[] = [];
  for (const block of byModel(cells)) {
    for (let number = 1; number <= visits; number++)
      for (const cell of byTurns(block)) order.push(planVisit(cell, number, visits));
  }
  return order.map((visit, turn) => ({ ...visit, turn }));
}

/** A visit of its own, outside of the order of a run. */
export function planVisit(cell: PlannedCell, number: number, visits: number): Omit<PlannedVisit, 'turn'> {
  return {
    cell,
    number,
    of: visits,
    token: seedOf(cell.id).toString(16),
    title: number === visits ? cell.id : `${cell.id} (visit ${String(number)} of ${String(visits)})`,
  };
}

function byModel(cells: readonly PlannedCell[]): PlannedCell[][] {
  const blocks = new Map<string, Map<string, PlannedCell>>();
  for (const cell of cells) {
    const block = blocks.get(cell.key.model) ?? new Map<string, PlannedCell>();
    blocks.set(cell.key.model, block);
    for (const each of [...nativeCells(cell), cell]) block.set(each.id, each);
  }
  return [...blocks.values()].map((block) => [...block.values()]);
}

/** The PC's cells, then those of the browsers by turns. */
function byTurns(block: readonly PlannedCell[]): PlannedCell[] {
  const cellsOf = (platform: Platform): PlannedCell[] => block.filter(({ key }) => key.browser === platform);
  const lanes = BROWSERS.map(cellsOf);
  const longest = Math.max(...lanes.map(({ length }) => length));
  const turns = Array.from({ length: longest }, (_, place) => lanes.flatMap((lane) => lane[place] ?? []));
  return [...cellsOf('pc'), ...turns.flat()];
}
