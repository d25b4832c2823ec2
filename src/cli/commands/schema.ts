/** `plumbline schema`: writes the JSON Schemas of model cards and expectations, from the sources that the suite validates by. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { expectationsSchema } from '../../judge/index.js';
import { PROJECT_ROOT } from '../../paths.js';
import { cardSchema } from '../../protocol/card.js';

/** Published schemas: file, relative to the project, and text. */
export function publishedSchemas(): { file: string; text: string }[] {
  const text = (schema: z.ZodType, title: string): string =>
    `${JSON.stringify({ title, ...z.toJSONSchema(schema, { io: 'input' }) }, null, 2)}\n`;
  return [
    { file: 'fixtures/models/model.schema.json', text: text(cardSchema, 'Plumbline model card') },
    { file: 'specs/expectations.schema.json', text: text(expectationsSchema, 'Plumbline expectations') },
  ];
}

export async function schema(): Promise<void> {
  for (const { file, text } of publishedSchemas()) {
    await writeFile(path.join(PROJECT_ROOT, file), text);
    console.log(file);
  }
}
