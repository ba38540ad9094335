import { defineConfig } from 'vitest/config';

/** The page in Chromium takes minutes with its builds: `npm run test:page`. */
const inBrowser = 'test/web/{page,pictures,runs,viewer}.test.ts';

export default defineConfig({
  resolve: { alias: { 'dma-ownership': new URL('src/index.ts', import.meta.url).pathname } }, // examples use the package by its name
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/inspect-v4/**', ...(process.env['BROWSER'] === undefined ? [inBrowser] : [])],
    execArgv: ['--expose-gc'],
    isolate: false, // test files share the modules of their worker: to load the charts for each would take a minute
    maxWorkers: '100%', // the default leaves a core idle; with two, half the machine
    testTimeout: 60_000, // a stuck test ends; a slow machine is no failure
    expect: { poll: { timeout: 20_000 } }, // what the browser draws next
    benchmark: { include: ['bench/**/*.bench.ts'] },
    coverage: { provider: 'v8', include: ['machines/**/*.ts', 'src/**/*.ts'], reporter: ['text-summary', 'html'] },
  },
});
