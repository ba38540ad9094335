import { expect, test } from 'vitest';
import { errorCodes, formatError, ModelError } from '../src/errors.ts';

test('an error says what happened and where, what was possible, the usual cause and what to do', () => {
  const error = new ModelError('unknown-kernel', 'no model covers 4.19.0', {
    at: 'line 1 of bind.trace',
    accepted: ['v6.1.y', 'v6.12.y'],
    hint: 'dma-ownership judge bind.trace --model v6.1.y',
  });
  expect(formatError(error)).toMatchInlineSnapshot(`
    "unknown-kernel: line 1 of bind.trace: no model covers 4.19.0.
      Possible here: v6.1.y, v6.12.y.
      Usual cause: a trace cut out of a longer file, without its first lines.
      What to do: dma-ownership judge bind.trace --model v6.1.y"
  `);
});

test('what is not known is left out', () => {
  expect(formatError(new ModelError('wrong-use', 'no such option: --modle.', { usually: 'a slip' }))).toBe(
    'wrong-use: no such option: --modle.\n  Usual cause: a slip.',
  );
});

test('an error keeps what caused it', () => {
  const cause = new Error('EACCES');
  const error = new ModelError('unreadable-file', 'permission denied', { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'ModelError', code: 'unreadable-file', cause });
  expect('cause' in new ModelError('wrong-use', 'x')).toBe(false);
});

test('the reference is printed from the table', async () => {
  const rows = Object.entries(errorCodes).map(([code, { fault, means, usually }]) =>
    `| \`${code}\` | ${fault} | ${means} | ${usually} |`);
  const page = `# Error codes

Printed from \`src/errors.ts\`; \`npx vitest run test/errors.test.ts -u\` prints it again. The fault says who has to act:
\`use\` the caller (exit code 2), \`input\` the owner of the file (3), \`model\` the author of the charts (70).

| Code | Fault | Means | Usual cause |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
  await expect(page).toMatchFileSnapshot('../docs/reference/errors.md');
});
