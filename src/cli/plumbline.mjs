#!/usr/bin/env node
// The `plumbline` command. The sources are TypeScript and run as they are; tsx is what makes Node read them.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
