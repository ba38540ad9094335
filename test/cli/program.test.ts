import { describe, expect, test } from 'vitest';
import { exit, type Exit } from '../../src/cli/exit.ts';
import { run, type Program } from '../../src/cli/program.ts';
import { ModelError } from '../../src/errors.ts';

/** A command for each way to end. */
function register(program: Program): void {
  program
    .command('judge')
    .argument('<trace...>')
    .option('--model <name>')
    .does((out, traces: string[], options: { model?: string }) => {
      out.progress('reading');
      out.line('one file');
      out.result({ schema: 'test/judge@1' } as never, () => `${traces.join(' ')} by ${options.model ?? 'the trace'}`);
      return exit.violation;
    });
  program.command('refuse').does(() => {
    throw new ModelError('bad-topology', 'group 9 does not exist', { at: 'devices[2].group', accepted: ['7', '8'] });
  });
  program.command('late').does(async (out): Promise<Exit> => {
    out.result({ schema: 'test/late@1' } as never, () => 'done');
    await Promise.resolve();
    throw new Error('too\n  late');
  });
  program.command('wrong-chart').does(() => {
    throw new ModelError('unhandled-event', 'nobody takes it');
  });
  program.command('read').does(() => {
    throw Object.assign(new Error('ENOENT: open'), { code: 'ENOENT', path: 'missing.trace' });
  });
  program.command('log').command('list').does((out) => {
    out.result({ schema: 'test/log@1' } as never, () => out.paint('red', 'nothing'));
    return exit.holds;
  });
}

type Ended = { code: Exit; out: string; err: string };

async function shell(line: string, env: Record<string, string> = {}, isTTY = false): Promise<Ended> {
  const ended = { out: '', err: '' };
  const code = await run(line.split(' ').filter(Boolean), [register], {
    stdout: { write: (text) => (ended.out += text), isTTY },
    stderr: { write: (text) => (ended.err += text), isTTY },
    env,
  });
  return { code, ...ended };
}

describe('exit codes', () => {
  test.each([
    ['judge a.trace', exit.violation],
    ['judge --help', exit.holds],
    ['--version', exit.holds],
    ['help judge', exit.holds],
    ['', exit.wrongUse],
    ['log', exit.wrongUse],
    ['jugde a.trace', exit.wrongUse],
    ['log lsit', exit.wrongUse],
    ['judge', exit.wrongUse],
    ['judge a.trace --modle x', exit.wrongUse],
    ['judge a.trace --model', exit.wrongUse],
    ['refuse now', exit.wrongUse],
    ['refuse', exit.badInput],
    ['read', exit.badInput],
    ['wrong-chart', exit.fault],
    ['late', exit.fault],
  ] satisfies [string, Exit][])('%j ends with %i', async (line, code) => {
    expect((await shell(line)).code).toBe(code);
  });
});

describe('wrong use', () => {
  test('an unknown command is named, with the nearest one and where to look', async () => {
    const { out, err } = await shell('jugde a.trace');
    expect(out).toBe('');
    expect(err).toMatchInlineSnapshot(`
      "wrong-use: unknown command 'jugde'.
        Possible here: judge.
        Usual cause: a misspelt option, or one argument too few.
        What to do: dma-ownership --help, or dma-ownership <command> --help
      "
    `);
  });

  test('no command at all prints the help, on stderr', async () => {
    const { out, err } = await shell('');
    expect(out).toBe('');
    expect(err).toMatch(/^Usage: dma-ownership/);
    expect(err).toContain('Exit codes:');
  });

  test('the help of a command lists the options that every command has', async () => {
    expect((await shell('judge --help')).out).toContain('--json');
  });
});

describe('failures', () => {
  test('bad input says what was possible', async () => {
    expect((await shell('refuse')).err).toMatchInlineSnapshot(`
      "bad-topology: devices[2].group: group 9 does not exist.
        Possible here: 7, 8.
        Usual cause: a device that names a group, a bus or a driver which the topology does not list.
      "
    `);
  });

  test('a missing file is named', async () => {
    expect((await shell('read')).err).toContain('unreadable-file: missing.trace: no such file or directory.');
  });

  test('an unexpected exception is one line and a request, without a stack', async () => {
    const { err } = await shell('late');
    expect(err).toMatchInlineSnapshot(`
      "unexpected: too late
        This is a fault of dma-ownership. Please report it with the command line; DMA_OWNERSHIP_DEBUG=1 shows the stack.
      "
    `);
  });

  test('the stack is there for those who ask', async () => {
    expect((await shell('late', { DMA_OWNERSHIP_DEBUG: '1' })).err).toMatch(/\n +at /);
  });
});

describe('--json', () => {
  test.each(['--json judge a.trace', 'judge --json a.trace', 'judge a.trace --json'])(
    '%j prints one document and nothing else',
    async (line) => {
      const { out, err } = await shell(line, {}, true);
      expect(JSON.parse(out)).toEqual({ schema: 'test/judge@1' });
      expect(err).not.toContain('one file');
    },
  );

  test('a subcommand takes it too', async () => {
    expect(JSON.parse((await shell('log list --json')).out)).toEqual({ schema: 'test/log@1' });
  });

  test.each([
    ['refuse --json', { code: 'bad-topology', at: 'devices[2].group', accepted: ['7', '8'] }],
    ['jugde --json', { code: 'wrong-use' }],
    ['read --json', { code: 'unreadable-file', at: 'missing.trace' }],
  ])('%j prints the error as a document', async (line, expected) => {
    expect(JSON.parse((await shell(line)).out)).toMatchObject({ schema: 'dma-ownership/error@1', ...expected });
  });

  test('a failure after the result leaves one document', async () => {
    expect(JSON.parse((await shell('late --json')).out)).toEqual({ schema: 'test/late@1' });
  });
});

describe('terminals', () => {
  test('progress is shown on a terminal and erased before text', async () => {
    expect((await shell('judge a', {}, true)).err).toBe('\r\x1b[Kreading\r\x1b[K');
    expect((await shell('judge a')).err).toBe('');
  });

  test.each([
    [true, {}, '\x1b[31mnothing\x1b[0m\n'],
    [true, { NO_COLOR: '1' }, 'nothing\n'],
    [true, { TERM: 'dumb' }, 'nothing\n'],
    [false, {}, 'nothing\n'],
  ])('terminal %j with %j', async (isTTY, env: Record<string, string>, expected) => {
    expect((await shell('log list', env, isTTY)).out).toBe(expected);
  });
});
