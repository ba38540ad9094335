/** The command `chart`. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { run } from '../../src/cli/program.ts';

const file = join(tmpdir(), `chart-${process.pid}.svg`);
afterAll(() => { rmSync(file, { force: true }); });

async function chart(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(['chart', ...args], commands, { stdout: { write: (text) => out.push(text) }, stderr: { write: (text) => err.push(text) }, env: {} });
  return { code, out: out.join(''), err: err.join('') };
}

test('lists the charts of a model', async () => {
  const { code, out } = await chart('--model', 'v6.1.y');
  expect(code).toBe(0);
  expect(out).toMatch(/^driver_binding +\d+ states$/m);
  expect(out).toMatch(/^bind_store +10 states$/m);
});

test('writes a picture, with states marked', async () => {
  const { code, out } = await chart('bus_dma', '--active', 'in_nowhere', '--out', file);
  expect({ code, out }).toMatchObject({ code: 2 }); // there is no such state
  expect(existsSync(file)).toBe(false);
  const written = await chart('mutex', '--active', 'locked', '--out', file);
  expect(written).toMatchObject({ code: 0, err: '' });
  expect(readFileSync(file, 'utf8')).toMatch(/class="state atomic active" data-state="mutex\.locked"/);
});

test('names what there is instead', async () => {
  const { code, err } = await chart('driver_bindings');
  expect(code).toBe(2);
  expect(err).toContain('did you mean driver_binding?');
});
