/** The page: `npm run build:page`. The plain form of `defineConfig`, which would need a default export. */
import { fileURLToPath } from 'node:url';
import { layoutsOfCharts } from './chart/layouts.plugin.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** In one file there is nobody to load a worker from: it is inlined. */
const inlinedWorkers = {
  name: 'inlined-workers', enforce: 'pre',
  resolveId(source, importer) { return /\?worker$/.test(source) ? this.resolve(`${source}&inline`, importer, { skipSelf: true }) : null; },
};

/** A slow machine is nothing to be told about. */
const quiet = { pluginTimings: false, bundlerTimings: false };

/** `mode` single: everything in one script, for the file that opens without a server. */
const config = ({ mode }) => {
  const single = mode === 'single';
  return {
    root: here('.'),
    base: './',
    mode: 'production',
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [layoutsOfCharts(here('../../../node_modules/.cache/dma-ownership/layouts.json')), ...(single ? [inlinedWorkers] : [])],
    // A file of a disk may not load a module into a worker.
    worker: { format: single ? 'iife' : 'es', rolldownOptions: { checks: quiet } },
    build: {
      outDir: here(single ? '../../../dist/web/single' : '../../../dist/web/page'),
      emptyOutDir: true, target: 'es2022', sourcemap: false, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 2000,
      assetsInlineLimit: single ? 100_000_000 : 0, cssCodeSplit: !single,
      rolldownOptions: { checks: quiet, output: single ? { codeSplitting: false } : {} },
    },
  };
};
export { config as default };
