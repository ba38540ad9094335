/** The machine that QEMU emulates, and the command line that boots a kernel in it. */

export interface MachineDevice {
  /** Where the guest finds it: `0000:02:00.1`. */
  readonly name: string;
  readonly what: string;
  /** Its IOMMU group, as the kernels here number them. */
  readonly group: number;
  /** The driver of its own that Debian has; devices without one take any driver. */
  readonly own?: string;
}

/**
 * The devices: a group of conventional PCI devices behind one bridge (1), a root port alone (2), a port in a group with what
 * is behind it (3), devices alone (4, 5, 6), a card with three functions (8). q35's own make group 7.
 */
export const devices: readonly MachineDevice[] = [
  { name: '0000:00:02.0', what: 'PCIe-to-PCI bridge', group: 1, own: 'pcieport' },
  { name: '0000:01:01.0', what: 'edu', group: 1 },
  { name: '0000:01:02.0', what: 'edu', group: 1 },
  { name: '0000:01:03.0', what: 'e1000', group: 1, own: 'e1000' },
  { name: '0000:01:04.0', what: 'pci-testdev', group: 1 },
  { name: '0000:00:03.0', what: 'root port with ACS', group: 2, own: 'pcieport' },
  { name: '0000:00:04.0', what: 'root port without ACS', group: 3, own: 'pcieport' },
  { name: '0000:03:00.0', what: 'edu', group: 3 },
  { name: '0000:00:05.0', what: 'edu', group: 4 },
  { name: '0000:00:06.0', what: 'virtio-rng', group: 5, own: 'virtio-pci' },
  { name: '0000:00:07.0', what: 'e1000e', group: 6, own: 'e1000e' },
  { name: '0000:02:00.0', what: 'e1000e', group: 8, own: 'e1000e' },
  { name: '0000:02:00.1', what: 'edu', group: 8 },
  { name: '0000:02:00.2', what: 'edu', group: 8 },
];

// All functions of the card have the multifunction bit: without it the kernel groups a function that comes back before it knows better.
const hardware = `intel-iommu,intremap=on
pcie-pci-bridge,id=br1,bus=pcie.0,addr=0x2
edu,bus=br1,addr=0x1
edu,bus=br1,addr=0x2
e1000,bus=br1,addr=0x3,romfile=,mac=52:54:00:00:01:03
pci-testdev,bus=br1,addr=0x4
pcie-root-port,id=rp1,bus=pcie.0,addr=0x3,chassis=1,slot=1
CARD
pcie-root-port,id=rp2,bus=pcie.0,addr=0x4,chassis=2,slot=2,disable-acs=on
edu,bus=rp2,addr=0x0
edu,bus=pcie.0,addr=0x5
virtio-rng-pci,bus=pcie.0,addr=0x6
e1000e,bus=pcie.0,addr=0x7,romfile=,mac=52:54:00:00:00:07`.split('\n');

const card = ['e1000e,bus=rp1,addr=0x0.0,multifunction=on,romfile=,mac=52:54:00:00:02:00', 'edu,bus=rp1,addr=0x0.1,multifunction=on', 'edu,bus=rp1,addr=0x0.2,multifunction=on'];

/** What is plugged in. With `functions` the card has so many, all of them edu. */
const plugged = (functions?: number): string[] => hardware.flatMap((device) => (device !== 'CARD' ? [device]
  : functions === undefined ? card : Array.from({ length: functions }, (_, at) => `edu,bus=rp1,addr=0x0.${at},multifunction=on`)));

/**
 * Without these an emulated timer that stalls on a busy host stops the guest for good: no check of the timer at boot, no
 * watchdog of the clock, a periodic tick. A crash ends the guest and puts the trace on the console.
 */
const steady = 'no_timer_check tsc=nowatchdog nohz=off highres=off loglevel=5 panic=-1 oops=panic ftrace_dump_on_oops';

export interface Boot {
  readonly image: string;
  readonly initrd: string;
  /** Files that take what the two serial ports say; absent: the first is this terminal. */
  readonly console?: string;
  readonly results?: string;
  /** Processors. */
  readonly processors?: number;
  /** MiB. */
  readonly memory?: number;
  readonly append?: string;
  /** How many functions the card has, of the same kind; absent: the three of `devices`. */
  readonly functions?: number;
}

/** Arguments of qemu-system-x86_64. No network, no disk, no accelerator. */
export function qemuArguments({ image, initrd, console: log, results, processors = 2, memory = 256, append = '', functions }: Boot): string[] {
  const serial = log === undefined || results === undefined ? ['-serial', 'mon:stdio'] : [
    '-chardev', `file,id=console,path=${comma(log)}`, '-serial', 'chardev:console',
    '-chardev', `file,id=results,path=${comma(results)}`, '-serial', 'chardev:results'];
  return ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-net', 'none', '-machine', 'q35', '-accel', 'tcg,thread=multi',
    '-cpu', 'qemu64', '-smp', String(processors), '-m', String(memory), ...serial, ...plugged(functions).flatMap((device) => ['-device', device]),
    '-kernel', image, '-initrd', initrd, '-append', ['console=ttyS0', 'intel_iommu=on', steady, append].filter((part) => part !== '').join(' ')];
}

/** QEMU's options are lists; a comma in a value is written twice. */
const comma = (path: string): string => path.replaceAll(',', ',,');
