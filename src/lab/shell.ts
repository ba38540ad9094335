/** A guest on this terminal. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Kernel } from './folder.ts';
import { guestEntries, initrdOf } from './initramfs.ts';
import { qemuArguments } from './machine.ts';

/** Boots without a job: the guest gives a shell. Gives QEMU's exit code once it has ended. */
export async function shell(lab: string, kernel: Kernel): Promise<number> {
  const initrd = initrdOf(join(kernel.folder, 'initramfs.gz'), await guestEntries(lab), join(kernel.folder, 'shell.initrd'));
  const qemu = spawn('qemu-system-x86_64', qemuArguments({ image: kernel.image, initrd, append: 'quiet' }), { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    qemu.on('error', reject);
    qemu.on('close', (code) => { resolve(code ?? 1); });
  });
}
