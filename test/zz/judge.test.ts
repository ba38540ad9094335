import { test } from 'vitest';
import { readFileSync, existsSync } from 'node:fs';
import { models } from '../../machines/models/index.ts';
import { keyOf } from '../../src/trace/state.ts';
import { Judge } from '../../src/trace/judge.ts';
import { readTraceFile, findRecording } from '../../src/trace/file.ts';
test('all', async () => {
  const only = process.env.T ?? '';
  const { execSync } = await import('node:child_process');
  for (const f of execSync('ls /work/shared/traces/*/*/trace.txt').toString().trim().split('\n').filter(x => x.includes(only))) {
    const model = models[process.env.M ?? (f.includes('6.12') ? 'v6.12.y' : 'v6.1.y')]!;
    const rec = await findRecording(f);
    const names = new Set([...(rec.probes?.values() ?? [])].flat().map(p => p.symbol.replace(/\.(part|isra|constprop)\.\d+$/, '') + ' ' + (p.returns ? 'return' : p.offset > 0 ? 'locked' : 'entry')));
    const j = new Judge(model, rec.probes ? { recorded: (fn, at) => names.has(`${fn} ${at}`), symbolOf: (e) => { const s = new Set((rec.probes?.get(e) ?? []).map(p => p.symbol)); return s.size === 1 ? [...s][0] : undefined; } } : {});
    const t0 = performance.now(); let n = 0, max = 0;
    const r = readTraceFile(f);
    try { for await (const batch of r) { for (const item of batch) { n++; if (!j.take(item)) break; if (process.env.K && j.states.length > Number(process.env.K)) { const k = j.states.map(s => keyOf(j.knowledge.system, s)); for (const x of k.slice(0,6)) { const a = x.split(';')[0]!.split(','), b = k[0]!.split(';')[0]!.split(','); console.log(n, 'DIFF', a.flatMap((v, i) => v === b[i] ? [] : [j.knowledge.system.actors[i]!.address + ' ' + JSON.stringify(j.states[k.indexOf(x)]!.world.locals[i]!.value) + JSON.stringify(j.states[k.indexOf(x)]!.world.locals[i]!.context)]).join('\n   '), 'REST', x.split(';').slice(1).join(';')); } process.exit(); } max = Math.max(max, j.states.length); } if (j.violation) break; } j.close(); } catch (e) { console.log(f, "line", n, String(e).slice(0,300), String((e as Error).stack).split("\n").slice(1,4).join("|"), JSON.stringify((e as {at?: string}).at)); continue; }
    const ms = performance.now() - t0;
    console.log(f.replace('/work/shared/traces/', '').replace('/trace.txt',''), j.violation ? 'VIOLATES ' + JSON.stringify(j.violation, null, 1) : 'ok', `${n} lines ${ms.toFixed(0)} ms`, 'states', j.states.length, 'max', max, [...j.account.outsideBy].map(([a, b]) => a + ':' + b).join(', ').slice(0, 300));
  }
}, 600000);
