/** Assembles kernel.as.ts and writes it as text into bytes.ts. `npm run kernel`; the tests compare the two. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The kernel as WebAssembly, for a memory of its own or one that workers share. */
export async function assemble({ shared }) {
  const source = here('kernel.as.ts');
  const written = new Map();
  const { error, stderr } = await asc.main(
    [source, '--outFile', 'kernel.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--enable', 'threads', '--enable', 'bulk-memory', '--enable', 'simd', '--use', `SHARED=${shared ? 1 : 0}`,
      ...(shared ? ['--sharedMemory', '--maximumMemory', '65536'] : [])],
    { writeFile: (name, contents) => void written.set(name, contents) },
  );
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  return written.get('kernel.wasm');
}

/** The text of bytes.ts. */
export async function text() {
  const lines = (bytes) => Buffer.from(bytes).toString('base64').match(/.{1,140}/g).map((line) => `  '${line}'`).join(' +\n');
  return [
    '/** kernel.as.ts, assembled by assemble.mjs. Do not edit: `npm run kernel`. */',
    `export const kernel =\n${lines(await assemble({ shared: false }))};`,
    '/** The same for a memory that workers share. */',
    `export const sharedKernel =\n${lines(await assemble({ shared: true }))};`,
  ].join('\n') + '\n';
}

if (process.argv[1] === here('assemble.mjs')) writeFileSync(here('bytes.ts'), await text());
