#!/bin/sh
# Records how drivers are bound and who owns IOMMU groups, so that `dma-ownership judge` can say whether the kernel did what its model allows.
# Needs root, tracefs, and the programs sh, awk, od, tr, dd, tail, grep, sed and sort; nothing of Node. Writes to tracefs and to the folder
# that it is told, and takes back what it has set up, however it ends. Written by dma-ownership @VERSION@.
set -u
umask 077
LC_ALL=C
PATH=${PATH:-/bin:/usr/bin}:/sbin:/usr/sbin
export LC_ALL PATH
VERSION='@VERSION@'

# One probe a line: event, function (or the first of these that there is), function that must not be there, callee whose calls are meant,
# type of what is returned, module, fields. {device.driver} stands for where a member lies.
PROBES='@PROBES@'
ESSENTIAL='@ESSENTIAL@'
# The one notifier chain of old kernels serves everybody.
NOTIFIED='@NOTIFIED@'
# Kernels that the judge has models of.
MODELS='@MODELS@'

SELF=$0
# Where the tests keep a machine of their own.
ROOT=${DMA_OWNERSHIP_ROOT:-}
TRACEFS=$ROOT/sys/kernel/tracing
BTF=$ROOT/sys/kernel/btf/vmlinux
KALLSYMS=$ROOT/proc/kallsyms
KCORE=$ROOT/proc/kcore
PCI=$ROOT/sys/bus/pci/devices

usage() {
	cat <<-END
		usage: $SELF [--to FOLDER] [--buffer KB] [--clock NAME] [--seconds N | [--] COMMAND...]
		       $SELF --check | --probes | --undo | --help | --version

		Records while COMMAND runs, or for N seconds, or until Ctrl-C, into a new folder; then
		\`dma-ownership judge FOLDER\` says whether a model of the kernel explains it.

		  --to FOLDER           default: ./dma-ownership-DATE-TIME; must be new or empty
		  --buffer KB           for each processor, default 4096; what does not fit is lost, and counted
		  --clock NAME          default counter: one exact order for all processors, but no times; see trace_clock
		  --with trace-cmd      it writes to disk while it records, so that the buffer does not fill
		  --check               only say what there is, what is missing, what the judge will not see then
		  --probes              only print the probes, for a recorder of your own
		  --undo                take back what a recorder that was killed has left
		  --kernel-config FILE  the configuration of this kernel, where it is not found

		Exit codes: that of COMMAND, if it is not 0; 0 recorded; 2 wrong use; 3 cannot be recorded here;
		4 recorded, but events were lost or probes missed; 128 + N ended by signal N.
	END
}

# The first argument is the exit code.
die() {
	code=$1
	shift
	for line in "$@"; do echo "$SELF: $line" >&2; done
	exit "$code"
}
