/** Reads model cards from disk. Synchronous, for Playwright wants to know all tests while a spec file is loaded. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { cardSchema, type ModelCard } from '../protocol/card.js';
import { PlumblineError, messageOf } from '../protocol/errors.js';
import { modelsDir } from '../paths.js';

/** A model: its card, and the folder that the card's paths start from. */
export interface Model {
  readonly card: ModelCard;
  readonly folder: string;
}

/** A card that could not be read, with the error that says why. */
export interface BadCard {
  readonly name: string;
  readonly error: PlumblineError;
}

/** All models below a folder, by name; a bad card is told and takes no other down. */
export function loadModels(folder = modelsDir()): { models: Model[]; bad: BadCard[] } {
  const models: Model[] = [];
  const bad: BadCard[] = [];
  const names = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    : [];
  for (const { name } of names.sort((a, b) => a.name.localeCompare(b.name))) {
    try {
      models.push(loadModel(path.join(folder, name)));
    } catch (error) {
      if (!(error instanceof PlumblineError)) throw error;
      bad.push({ name, error });
    }
  }
  return { models, bad };
}

/** @throws PlumblineError `E_CARD` that names the file, the field and what was expected */
export function loadModel(folder: string): Model {
  const file = path.join(folder, 'model.json');
  const shown = path.relative(process.cwd(), file);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new PlumblineError('E_CARD', `${shown}: ${messageOf(error)}`, { cause: error });
  }
  const parsed = cardSchema.safeParse(json);
  if (!parsed.success)
    throw new PlumblineError('E_CARD', `${shown}: ${parsed.error.issues.map(describeIssue).join('; ')}`);
  const card = parsed.data;
  const wrong = contradiction(card, path.basename(folder));
  if (wrong !== undefined) throw new PlumblineError('E_CARD', `${shown}: ${wrong}`);
  return { card, folder };
}

/** `artifacts[0].files[1].sha256: 64 lower-case hexadecimal digits`. */
function describeIssue(issue: z.core.$ZodIssue): string {
  const field = issue.path.map((key) => (typeof key === 'number' ? `[${String(key)}]` : `.${String(key)}`)).join('');
  return `${field.replace(/^\./, '') || 'the card'}: ${issue.message}`;
}

/** What a schema cannot say. */
function contradiction(card: ModelCard, folder: string): string | undefined {
  if (card.name !== folder) return `name: expected "${folder}", the name of the folder, got "${card.name}"`;
  const own = ownSamplesContradiction(card);
  if (own !== undefined) return own;
  const seen = new Set<string>();
  for (const [index, artifact] of card.artifacts.entries()) {
    const key = `${artifact.format}-${artifact.precision}-${artifact.variant ?? ''}`;
    if (seen.has(key))
      return `artifacts[${String(index)}].variant: expected a name that tells it apart from an earlier ${key.replace(/-$/, '')}`;
    seen.add(key);
  }
  if (card.task === 'classification') {
    const classes = card.outputs[0]?.shape.at(-1);
    if (classes !== card.labels.length) {
      return `labels: expected ${String(classes)} names, as the last dimension of outputs[0], got ${String(card.labels.length)}`;
    }
  }
  return undefined;
}

function ownSamplesContradiction({ name, dataset, samples, inputs }: ModelCard): string | undefined {
  if (samples === undefined) return undefined;
  if (dataset !== name) return `dataset: expected "${name}", the card's own name, for it has samples; got "${dataset}"`;
  const [fields, wanted] = [samples.fields, inputs].map((list) => list.map((entry) => entry.name).join(', '));
  return fields === wanted
    ? undefined
    : `samples.fields: expected one an input (${String(wanted)}), got ${String(fields)}`;
}
