import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['src/**/*.test.ts', 'bench/**/*.test.ts', 'harness-page/**/*.test.ts'] },
});
