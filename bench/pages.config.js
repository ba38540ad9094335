/** `npm run pages` writes the parts of pages that come from code, `npm run pages:held` compares them: minutes. The plain form of `defineConfig`, which would need a default export. */
const config = { test: { include: ['test/pages/*.run.ts'], testTimeout: 1_800_000, fileParallelism: false, reporters: ['dot'] } };
export { config as default };
