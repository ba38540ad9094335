import { defineConfig } from 'vitest/config';

/** `npm run spoil`: not a test, a measurement that takes minutes. */
export default defineConfig({ test: { include: ['bench/spoil.run.ts'], testTimeout: 7_200_000, reporters: ['dot'] } });
