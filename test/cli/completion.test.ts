/** Completion in the shells themselves: bash always, zsh and fish where they are installed (`.ci/run` installs them). */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import { every } from '../../src/cli/surface.ts';
import { shell, surface } from './here.ts';

const folder = mkdtempSync(join(tmpdir(), 'completion-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
const installed = (name: string): boolean => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;

const begins = (word: string): string[] => Object.keys(models).filter((name) => name.startsWith(word)).sort();
/** Words up to the cursor, the last one begun; and what may stand there. Files: one.json, two.txt, deep/. */
const lines: readonly (readonly [words: readonly string[], expected: readonly string[]])[] = [
  [['che'], ['check']],
  [['check', '--model', 'v6.1'], begins('v6.1')],
  [['log', ''], ['export', 'import', 'list', 'owners', 'prune', 'show', 'verify', 'why']],
  [['log', 've'], ['verify']],
  [['run', '--lo'], ['--log']],
  [['lab', 'run', '--ra'], ['--races']],
  [['claims', '10', '2'], ['2', '20', '21', '22', '23', '24', '25', '26']],
  [['compare', 'v6.1.y', 'v6.1'], begins('v6.1')],
  [['check', '--limit', '5', '--reduce', 'ne'], ['needed', 'never']],
  [['export', '--to', 'me'], ['mermaid']],
  [['export', '--chart', 'iommu_gr'], ['iommu_group']],
  [['check', '--devices', '1', '--js'], ['--json']],
  [['completion', ''], ['bash', 'fish', 'zsh']],
];
const line = (words: readonly string[]): string => ['dma-ownership', ...words].join(' ');

beforeAll(async () => {
  mkdirSync(join(folder, 'deep'));
  for (const name of ['one.json', 'two.txt']) writeFileSync(join(folder, name), '');
  for (const name of ['bash', 'zsh', 'fish']) writeFileSync(join(folder, name === 'zsh' ? '_dma-ownership' : name), (await shell(['completion', name])).out);
}, 60_000);

/** What bash puts into COMPREPLY for each line: one process. */
function inBash(all: readonly (readonly string[])[]): string[][] {
  const script = `. ./bash; complete -p dma-ownership > /dev/null || exit 1
${all.map((words) => `COMP_WORDS=(dma-ownership ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _dma_ownership; printf '%s\\n' "\${COMPREPLY[@]}"; echo ==`).join('\n')}`;
  return execFileSync('bash', ['--norc', '-uc', script], { cwd: folder, encoding: 'utf8' }).split('==\n').slice(0, -1).map((text) => text.split('\n').filter(Boolean).sort());
}

describe('bash', () => {
  test('offers what may stand there', () => {
    expect(inBash(lines.map(([words]) => words))).toEqual(lines.map(([, expected]) => expected));
  });

  test.each([
    [['check', '--model', '=', 'v6.1'], begins('v6.1')], [['check', '--model', '='], begins('')],
    [['check', ''], ['deep', 'one.json']], [['judge', 't'], ['two.txt']], [['testgen', '--out', ''], ['deep']], [['check', '--resume', 'o'], ['one.json']],
    [['mutate', '--coverage', 'states,tr'], ['states,transitions']], [['check', '--property', 'a claim is refused b'], ['a\\ claim\\ is\\ refused\\ because\\ a\\ driver\\ uses\\ the\\ group', 'a\\ claim\\ is\\ refused\\ because\\ another\\ user\\ is\\ there']],
    [['check', '--limit', ''], []], [['nobody', 'x'], []],
  ])('%j', (words, expected) => {
    const [found = []] = inBash([words]);
    expect(words[1] === '--property' ? found.slice(0, 1) : found).toEqual(words[1] === '--property' ? expected.slice(0, 1) : expected);
  });

  test('knows every command, option and list of words', () => {
    const whole = surface();
    const script = every(whole);
    const asked = script.map(({ path }) => [...path, '-']);
    expect(inBash(asked)).toEqual(script.map(({ path, options }) => [...new Set([...(path.length === 0 ? [] : options), ...whole.options].flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])]).concat('--help', '-h'))].sort()));
  });

  test('the script has nothing that shellcheck remarks', () => {
    if (!installed('shellcheck')) return;
    expect(spawnSync('shellcheck', ['-s', 'bash', 'bash'], { cwd: folder, encoding: 'utf8' }).stdout).toBe('');
  });
});

test.runIf(installed('fish'))('fish offers the same', () => {
  const found = execFileSync('fish', ['--no-config', '-c', `source fish\n${lines.map(([words]) => `complete -C '${line(words)}'; echo ==`).join('\n')}`], { cwd: folder, encoding: 'utf8' });
  expect(found.split('==\n').slice(0, -1).map((text) => [...new Set(text.split('\n').map((one) => (one.split('\t')[0] ?? '').replace(/=$/, '')).filter(Boolean))].sort())).toEqual(lines.map(([, expected]) => expected));
});

/** Types each line into an interactive zsh, presses the key, and reads what was added. */
const capture = `zmodload zsh/zpty
zpty z zsh -f -i
typeset -i asked=0
zpty -w z 'PROMPT=; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D
compadd () {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return $?; fi
  typeset -a hits
  builtin compadd -A hits "$@"
  for hit in $hits; do print -r -- "$hit" >> hits; done
  builtin compadd "$@"
}
whole () { zle complete-word; print END >> hits; BUFFER= }
zle -N whole
bindkey "^I" whole
print END >> hits'
await () { for try in {1..100}; do (( $(grep -c END hits) > asked )) && break; zpty -r -t z > /dev/null; sleep 0.05; done; asked+=1 }
: > hits
await
while read -r line; do zpty -w -n z "$line"$'\\t'; await; done < lines
zpty -d z`;

test.runIf(installed('zsh'))('zsh offers the same', () => {
  // A blank at the end would be lost to read; nothing typed is an empty word in quotes.
  writeFileSync(join(folder, 'lines'), lines.map(([words]) => `${line(words.at(-1) === '' ? [...words.slice(0, -1), '""'] : words)}\n`).join(''));
  execFileSync('zsh', ['-f', '-c', capture], { cwd: folder, encoding: 'utf8', timeout: 30_000, stdio: ['ignore', 'ignore', 'pipe'] });
  const found = readFileSync(join(folder, 'hits'), 'utf8').split('END\n').slice(1, -1);
  expect(found.map((text) => text.split('\n').filter(Boolean).sort())).toEqual(lines.map(([, expected]) => expected));
});
