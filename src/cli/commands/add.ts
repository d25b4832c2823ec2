/** `plumbline add`: a model of one's own becomes a row of the matrix. */
import path from 'node:path';
import { addModel } from '../../add/add.js';
import { modelsDir } from '../../paths.js';

export interface AddCommand {
  readonly file: string;
  readonly name: string | undefined;
  readonly data: string | undefined;
  readonly force: boolean;
}

/** @throws PlumblineError that says what is wrong with the file, one of its tensors, or the data */
export async function add({ file, name, data, force }: AddCommand): Promise<void> {
  const folder = await addModel({
    file,
    name,
    data,
    force,
    models: modelsDir(),
    say: (line) => {
      console.log(`  ${line}`);
    },
  });
  const shown = path.relative(process.cwd(), folder);
  console.log(
    `\nAdded in ${shown.startsWith('..') ? folder : shown}. Run its cells:\n\n  npx playwright test -g ${path.basename(folder)}/\n`,
  );
}
