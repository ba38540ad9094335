/** What claims say that recordings of real kernels show is in the recordings. */
import { expect, test } from 'vitest';
import { claims } from '../../../src/cases/claims/index.ts';
import { load, names } from '../../trace/recordings.ts';

/** By claim and recording: the lines of its trace as `probe`, `probe:action`, `probe=ret`, `cs_probe#owner_cnt`, `probe@device` of really_probe(), and `notify:action?` where dev->driver is NULL, in this order. */
const orders: Readonly<Record<string, RegExp>> = {
  '3 tdr-buggy/tdr': / dma_conf_ret=0( (?!dma_clean)\S+)* dma_conf /,
  '3 tdr-fixed/tdr': / dma_conf_ret=0( (?!dma_conf )\S+)* dma_clean( (?!dma_conf )\S+)* dma_conf /,
  '4 6.12.117+deb12-amd64/user-first':
    / (probe@\S+)( (?!pci_probe|probe@)\S+)* dma_conf_ret=-16( (?!pci_probe|probe@)\S+)* probe_ret=-16( (?!\1)\S+)* rel_ret( (?!\1)\S+)* tracing_mark_write dev_attach dprobe \1 /,
  '5 6.12.117+deb12-amd64/slow-probe': / pci_remove( (?!pci_remove_ret)\S+)* claim_ret=-1( (?!pci_remove_ret)\S+)* pci_remove_ret dma_clean /,
  '7 6.12.117+deb12-amd64/slow-probe': / pci_probe( (?!pci_probe_ret)\S+)* claim_ret=-1 /,
  '9 6.12.117+deb12-amd64/user-first': / cs_claim#1( (?!rel )\S+)* dma_clean dma_clean_ret( (?!notify|rel )\S+)* notify:6\?( (?!rel )\S+)* rel /,
  '15 6.12.117+deb12-amd64/hot-remove': / pci_remove pci_remove_ret( (?!notify)\S+)* notify:6\?( (?!notify)\S+)* notify:1\?( (?!notify)\S+)* notify:2\? iommu_deinit /,
  '17 6.12.117+deb12-amd64/user-first': / dma_conf_ret=-16( (?!notify|dma_clean|dma_conf)\S+)* probe_ret=-16 /,
  '17 6.12.117+deb12-amd64/probe-fail': / pci_probe_ret=-\d+ notify:7 dma_clean /,
  '18 6.12.117+deb12-amd64/bind-unbind': / notify:5( (?!notify)\S+)* dma_clean( (?!notify|dma_clean )\S+)* unbind_cleanup( (?!notify)\S+)* notify:6\? /,
  '20 6.12.117+deb12-amd64/vfio-basic': /^(?!.* cs_claim#[^1] ).* cs_claim#1 /,
};

test.each(claims.flatMap(({ id, seen = [] }) => seen.map(({ recording }) => [id, recording] as const)))('claim %i: %s', async (id, recording) => {
  expect(names).toContain(recording);
  const { lines } = await load(recording);
  const words = lines.flatMap((line) => {
    const [, probe = '', rest = ''] = /: (\w+): (.*)$/.exec(line) ?? [];
    if (probe === '') return [];
    const part = (pattern: RegExp, before: string) => { const [, found] = pattern.exec(`${probe} ${rest}`) ?? []; return found === undefined ? '' : `${before}${found}`; };
    const gone = probe === 'notify' && rest.includes('cur=(fault)') ? '?' : '';
    return [`${probe}${part(/ action=(\d+)/, ':')}${part(/^(?!tracing).* ret=(-?\d+)/, '=')}${part(/^cs_.* oc=(\d+)/, '#')}${part(/^probe .*dev="([^"]+)"/, '@')}${gone}`];
  });
  expect(` ${words.join(' ')} `).toMatch(orders[`${id} ${recording}`] ?? /^no order is written down$/);
});
