import { defineConfig } from 'vitest/config';

const source = (file: string): string => new URL(file, import.meta.url).pathname;

/** The page in Chromium takes minutes with its builds: `npm run test:page`. */
const inBrowser = 'test/web/{page,pictures,runs,viewer}.test.ts';

export default defineConfig({
  resolve: {
    alias: [ // examples and snippets in docs/ use the package by its names
      { find: /^dma-ownership$/, replacement: source('src/index.ts') },
      { find: /^dma-ownership\/inspect\/server$/, replacement: source('src/entry/inspect-server.ts') },
      { find: /^dma-ownership\/(\w+)$/, replacement: source('src/entry/$1.ts') },
    ],
  },
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
