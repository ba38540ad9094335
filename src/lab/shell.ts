/** A guest on this terminal. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Kernel } from './folder.ts';
import { qemuArguments } from './machine.ts';

/** Boots without a job: the guest gives a shell. Gives QEMU's exit code once it has ended. */
export function shell(kernel: Kernel): Promise<number> {
  const qemu = spawn('qemu-system-x86_64', qemuArguments({ image: kernel.image, initrd: join(kernel.folder, 'initramfs.gz'), append: 'quiet' }), { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    qemu.on('error', reject);
    qemu.on('close', (code) => { resolve(code ?? 1); });
  });
}
