/** `npm run newcomer`: minutes, and a registry. The plain form of `defineConfig`, which would need a default export. */
const config = { test: { include: ['test/docs/*.run.ts'], testTimeout: 1_800_000, hookTimeout: 300_000, fileParallelism: false, reporters: ['verbose'] } };
export { config as default };
