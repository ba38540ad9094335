/**
 * A process that writes to a store until it is killed, and notes each acknowledged append on standard output.
 *
 * `worker STORE WRITER SEED [COUNT [DURABLE]]`: appends batches of one to five entries `[number, of, index]` to its own stream and to
 * one that all writers share, several batches at a time. With a count it ends by itself.
 */
import { writeSync } from 'node:fs';
import { ModelError } from '../../../src/errors.ts';
import { draft, drafts, part, random } from '../../../src/log/store/conformance/bed.ts';
import { openStore } from '../../../src/log/store/open.ts';

const [name = '', writer = '', seed = '', count = 'Infinity', durable = 'power-cut'] = process.argv.slice(2);
const next = random(Number(seed));

async function write(): Promise<void> {
  const store = await openStore(name, { mode: 'write', durable: durable === 'process-crash' ? durable : 'power-cut' });
  writeSync(1, 'open\n');
  const batch = async (number: number): Promise<void> => {
    const size = 1 + Math.floor(next() * 5);
    const result = await store.append(
      part(`own/${writer}`, 'any', ...drafts(size, (index) => [number, size, index])),
      part('shared', 'any', draft([writer, number])),
    );
    writeSync(1, result.ok ? `${number} ${result.position}\n` : `refused ${JSON.stringify(result)}\n`);
  };
  for (let number = 0; number < Number(count);) {
    const together = Array.from({ length: 1 + Math.floor(next() * 3) }, () => batch(number++));
    await Promise.all(together);
  }
  await store.close();
  writeSync(1, 'closed\n');
}

try {
  await write();
} catch (error) {
  writeSync(2, error instanceof ModelError ? `${error.code}: ${error.message}\n` : String(error));
  process.exit(3);
}
