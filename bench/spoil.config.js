/** `npm run spoil`: not a test, a measurement that takes minutes. The plain form of `defineConfig`, which would need a default export. */
const config = { test: { include: ['bench/spoil.run.ts'], testTimeout: 7_200_000, reporters: ['dot'] } };
export { config as default };
