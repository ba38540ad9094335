/** The lab without a kernel: what it would call, what it packs, what it makes of what comes back. */
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { call, demand, missing } from '../../src/lab/call.ts';
import { archive } from '../../src/lab/cpio.ts';
import { payloadOf } from '../../src/lab/image.ts';
import { withDependencies } from '../../src/lab/initramfs.ts';
import { devices, qemuArguments } from '../../src/lab/machine.ts';
import { crashIn, salvage } from '../../src/lab/salvage.ts';
import { Symbols } from '../../src/lab/symbols.ts';

describe('programs of the host', () => {
  test('what is missing is said with the line that installs it', () => {
    expect(() => { demand(['gcc', 'pahole'], '/nowhere'); }).toThrow(expect.objectContaining({
      code: 'missing-program', hint: 'apt-get install --no-install-recommends gcc libc6-dev pahole',
    }) as Error);
    expect(missing(['tar'], process.env['PATH'] ?? '')).toEqual([]);
  });

  test('a call that takes too long is ended, with all that it started', async () => {
    const begun = Date.now();
    await expect(call('sh', ['-c', 'sleep 30 & wait'], { limit: 0.2 })).rejects.toMatchObject({ code: 'failed-program', message: 'sh took longer than 0.2 seconds' });
    expect(Date.now() - begun).toBeLessThan(10_000);
  });

  test('a call that fails says what the program said last', async () => {
    await expect(call('sh', ['-c', 'echo no such luck >&2; exit 3'])).rejects.toMatchObject({ message: 'sh ended with code 3', way: ['no such luck'] });
    await expect(call('sh', ['-c', 'echo yes; exit 3'], { fine: [3] })).resolves.toBe('yes\n');
  });
});

describe('the image inside a bzImage', () => {
  const packed = gzipSync(Buffer.from('an ELF image'));
  const bzImage = (payload: Buffer) => {
    const bytes = Buffer.alloc(1024 + 16 + payload.length + 4);
    bytes.writeUInt8(1, 0x1f1);
    bytes.write('HdrS', 0x202, 'latin1');
    bytes.writeUInt32LE(16, 0x248);
    bytes.writeUInt32LE(payload.length + 4, 0x24c);
    payload.copy(bytes, 1024 + 16);
    return bytes;
  };
  test('is found by the header', () => {
    expect(payloadOf(bzImage(packed), 'vmlinuz')).toEqual({ bytes: packed, packing: 'gzip' });
  });
  test.each([
    ['it has no header of a bzImage', Buffer.alloc(2048)],
    ['it ends before its payload does', bzImage(packed).subarray(0, 1050)],
    ['its payload begins with 6e6f7065', bzImage(Buffer.from('nope'))],
  ])('%s', (message, bytes) => {
    expect(() => payloadOf(bytes, 'vmlinuz')).toThrow(expect.objectContaining({ code: 'not-a-kernel', message }) as Error);
  });
});

test('an archive has every folder once, before what it holds, and ends as cpio wants', () => {
  const bytes = archive([{ path: 'bin/one', bytes: Buffer.from('12345'), executable: true }, { path: 'bin/two', bytes: Buffer.alloc(0) }, { path: 'dev' }]);
  const entries: string[] = [];
  for (let at = 0; at < bytes.length;) {
    expect(bytes.toString('latin1', at, at + 6)).toBe('070701');
    const field = (n: number) => parseInt(bytes.toString('latin1', at + 6 + n * 8, at + 14 + n * 8), 16);
    const [mode, size, length] = [field(1), field(6), field(11)];
    const padded = (n: number) => n + ((4 - (n % 4)) % 4);
    const from = at + padded(110 + length);
    entries.push(`${mode.toString(8)} ${bytes.toString('latin1', at + 110, at + 109 + length)} ${bytes.toString('latin1', from, from + size)}`);
    at = from + padded(size);
  }
  expect(entries).toEqual(['40755 bin ', '100755 bin/one 12345', '100644 bin/two ', '40755 dev ', '100644 TRAILER!!! ']);
});

test('modules come with what they depend on', () => {
  const dep = 'kernel/drivers/vfio/vfio.ko.xz:\nkernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/vfio.ko.xz kernel/virt/irq.ko\nkernel/virt/irq.ko:\nkernel/other.ko:\n';
  expect(withDependencies(dep, ['other'])).toEqual(['kernel/other.ko']);
  expect(withDependencies(dep, ['vfio_pci', 'nothing'])).toEqual(['kernel/drivers/vfio/pci/vfio-pci.ko.xz', 'kernel/drivers/vfio/vfio.ko.xz', 'kernel/virt/irq.ko']);
});

test('the machine needs no disk, no network and no accelerator, and has the devices that are listed', () => {
  const args = qemuArguments({ image: 'vmlinux', initrd: 'initrd', console: 'a,b', results: 'r' });
  expect(args.filter((arg) => /kvm|drive|hostfwd/.test(arg))).toEqual([]);
  expect(args).toContain('file,id=console,path=a,,b');
  expect(args[args.indexOf('-append') + 1]).toContain('intel_iommu=on');
  expect(args.filter((arg) => arg === '-device').length).toBe(devices.length + 1);
  expect(qemuArguments({ image: 'vmlinux', initrd: 'initrd' })).toContain('mon:stdio');
});

test('a console of a guest that died is taken apart', () => {
  const text = ['LAB guest up, uptime 2.5', '[   4.001] 90.1 copen:c -> 0', '[    4.100000] list_del corruption. prev->next should be A',
    '[    4.200000] modprobe-105       1.....    4: dev_add: (device_add+0x0/0x8d0) dev="vfio"', '[    4.300000] Kernel panic - not syncing: Fatal exception'].join('\r\n');
  expect(salvage(text)).toEqual({
    trace: 'modprobe-105       1.....    4: dev_add: (device_add+0x0/0x8d0) dev="vfio"\n',
    dmesg: '[    4.100000] list_del corruption. prev->next should be A\n[    4.300000] Kernel panic - not syncing: Fatal exception\n',
    log: '[   4.001] 90.1 copen:c -> 0\n',
  });
  expect(crashIn(text)).toBe('list_del corruption. prev->next should be A');
  expect(crashIn('LAB guest up')).toBeUndefined();
});

test('a function ends where the next one begins, wherever its module is', () => {
  const symbols = new Symbols('ffffffff81000010 t b\nffffffff81000000 T a\nffffffff81000020 T c\nffffffffc0000000 t vfio_open\t[vfio]\n');
  expect([symbols.rangeOf('a'), symbols.rangeOf('c'), symbols.moduleOf('vfio_open'), symbols.moduleOf('b'), symbols.moduleOf('none')])
    .toEqual([[0xffffffff81000000n, 0xffffffff81000010n], undefined, 'vfio', '', undefined]);
});

test('the helper of the guest compiles without a warning', () => {
  expect(execFileSync('gcc', ['-fsyntax-only', '-O2', '-Wall', '-Wextra', '-Werror', 'src/lab/guest/labctl.c'], { encoding: 'utf8' })).toBe('');
});
