import { start as startReal } from '../../../harness-page/runtimes/litert.js';
import { mutated } from './select.js';

export const start = mutated(startReal);
