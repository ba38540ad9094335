
# What this machine has, one finding a line: `ok`, `less` (the judge sees less) or `stop` (nothing can be recorded), and behind `do` what to do.
FINDINGS=
DEFINITIONS=
ABSENT=
MOUNT=
found() {
	FINDINGS="$FINDINGS$1	$2
"
}

# `y`, `m` or `n`; nothing where the configuration is nowhere.
config() {
	[ -n "$CONFIG" ] || return 0
	case $CONFIG in
	*.gz) zcat "$CONFIG" ;;
	*) cat "$CONFIG" ;;
	esac 2>/dev/null | awk -v name="CONFIG_$1" -F = '$1 == name { value = $2 } END { print value == "" ? "n" : value }'
}

look_for_config() {
	for CONFIG in "$CONFIG_GIVEN" "$ROOT/proc/config.gz" "$ROOT/boot/config-$RELEASE" "$ROOT/lib/modules/$RELEASE/config" "$ROOT/lib/modules/$RELEASE/build/.config"; do
		[ -n "$CONFIG" ] && [ -r "$CONFIG" ] && return
	done
	CONFIG=
}

# A configuration that lacks an option explains what is missing.
because() { # OPTION
	case $(config "$1") in
	n) echo ": the kernel was built without CONFIG_$1" ;;
	'') echo ", usually because the kernel was built without CONFIG_$1" ;;
	*) ;;
	esac
}

examine_kernel() {
	[ "$(uname -s)" = Linux ] || die 3 "this is $(uname -s), not Linux"
	series=$(echo "$RELEASE" | sed 's/^\([0-9]*\.[0-9]*\).*/\1/')
	case " $MODELS " in
	*" v$series "* | *" v$series.y "*) found ok "kernel $RELEASE, $MACHINE; the judge has a model of it" ;;
	*) found less "kernel $RELEASE, $MACHINE; the judge has no model of it: judge it with --model and the nearest of $MODELS; what differs between the two is then called a violation" ;;
	esac
	[ "$MACHINE" = x86_64 ] || found less "$MACHINE: no probes inside functions and none with arguments of VFIO's modules, which go by the registers of x86-64; never tried on another processor"
	if [ -n "$CONFIG" ]; then found ok "kernel configuration: $CONFIG"; else found ok "kernel configuration: not found, nor needed (--kernel-config FILE names it)"; fi
	if [ "$(id -u)" -eq 0 ]; then found ok root; else found stop "not root; do: sudo $SELF ..."; fi
	missing=
	for program in awk od tr dd tail grep sed sort cat cut mkdir mv rmdir readlink sleep uname id; do command -v "$program" >/dev/null || missing="$missing $program"; done
	[ -z "$missing" ] || found stop "programs are missing:$missing; do: install coreutils, awk, grep and sed, or busybox"
}

examine_tracefs() {
	if grep -q '\[confidentiality\]' "$ROOT/sys/kernel/security/lockdown" 2>/dev/null || grep -qw 'lockdown=confidentiality' "$ROOT/proc/cmdline" 2>/dev/null; then
		found stop "the kernel is locked down (confidentiality): it refuses probes; do: boot without lockdown=confidentiality"
		return
	fi
	if [ ! -d "$TRACEFS/events" ] && grep -q " $TRACEFS tracefs" "$ROOT/proc/mounts" 2>/dev/null; then
		found stop "tracefs is mounted on $TRACEFS, and empty: the kernel is locked down, or was booted without tracing; do: boot without lockdown=confidentiality"
		return
	fi
	if [ ! -d "$TRACEFS/events" ]; then
		if [ -d "$ROOT/sys/kernel/debug/tracing/events" ]; then TRACEFS=$ROOT/sys/kernel/debug/tracing
		elif grep -qw tracefs "$ROOT/proc/filesystems" 2>/dev/null && [ -d "$TRACEFS" ]; then
			MOUNT=yes
			found ok "tracefs: not mounted; it is for the time of a recording"
			[ "$(config KPROBE_EVENTS)" != n ] || found stop "no kprobe events$(because KPROBE_EVENTS); do: boot a kernel that has them"
		else
			found stop "no tracefs$(because FTRACE); do: boot a kernel of a distribution"
			return
		fi
	fi
	[ -n "$MOUNT" ] || examine_probes
}

examine_probes() {
	found ok "tracefs: $TRACEFS"
	if [ ! -e "$TRACEFS/kprobe_events" ]; then found stop "no $TRACEFS/kprobe_events$(because KPROBE_EVENTS); do: boot a kernel that has it"
	elif [ ! -w "$TRACEFS/kprobe_events" ] && [ "$(id -u)" -eq 0 ]; then found stop "$TRACEFS/kprobe_events cannot be written, by root either: a container, or a security module; do: run it on the host"
	else found ok "kprobe events"; fi
	[ -d "$TRACEFS/instances" ] || found stop "tracefs has no instances: a buffer of our own is needed, so that nobody is disturbed; do: boot a newer kernel"
	case $(cat "$ROOT/sys/kernel/debug/kprobes/enabled" 2>/dev/null) in 0) found stop "kprobes are switched off; do: echo 1 > /sys/kernel/debug/kprobes/enabled" ;; esac
	for left in "$TRACEFS"/instances/dma-ownership-*; do
		[ -d "$left" ] && found ok "$left: another recorder is at work, or was killed; --undo takes back the latter"
	done
}

examine_types() {
	MEMBERS=$(members) || MEMBERS=
	if [ -n "$MEMBERS" ]; then found ok "types (BTF): $(printf '%s\n' "$MEMBERS" | grep -c .) offsets from $BTF"
	elif [ -r "$BTF" ]; then found stop "$BTF cannot be understood; do: file a bug with the kernel's version"
	else found stop "no $BTF$(because DEBUG_INFO_BTF): where members lie is not known; do: boot a kernel of a distribution, or build yours with CONFIG_DEBUG_INFO_BTF (it needs pahole)"; fi
}

examine_functions() {
	SYMBOLS=$(symbols 2>/dev/null)
	SITES=
	if [ -z "$SYMBOLS" ]; then
		found stop "no functions in $KALLSYMS$(because KALLSYMS); do: boot a kernel of a distribution"
		return
	fi
	for one in $ESSENTIAL; do
		printf '%s\n' "$SYMBOLS" | grep -q "^$one " || found stop "no function $one(): built into its caller, or a kernel before 5.19, without DMA ownership; do: boot another kernel"
	done
	lines=$(expand dma_ownership "$SYMBOLS" "$MEMBERS" "" "$(modules)")
	if printf '%s\n' "$SYMBOLS" | grep -q '^mutex_unlock [0-9]'; then SITES=$(sites "$SYMBOLS") || SITES=; why="$KCORE, where code is read, is not there or not to be read$(because PROC_KCORE)"
	else why="$KALLSYMS hides addresses; do: sysctl kernel.kptr_restrict=1"; fi
	if [ -n "$SITES" ]; then lines=$(expand dma_ownership "$SYMBOLS" "$MEMBERS" "$SITES" "$(modules)")
	else found less "no probes inside functions: $why; the judge does not see owner_cnt under the lock nor uevents, so that of calls that overlap it accepts every order"; fi
	DEFINITIONS=$(printf '%s\n' "$lines" | grep '^[pr]:')
	ABSENT=$(printf '%s\n' "$lines" | grep '^#')
	found ok "probes: $(printf '%s\n' "$DEFINITIONS" | grep -c .)"
	[ -z "$(that absent)" ] || found less "functions that this kernel does not have, or has built into others: $(that absent); the judge infers their steps"
	[ -z "$(that no-member)" ] || found less "members that its types do not have: $(that no-member); the probes that show them are left out"
	[ -z "$SITES" ] || [ -z "$(that no-call)" ] || found less "no call of mutex_unlock or kobject_uevent is found in $(that no-call); the judge infers what happens there"
}

that() { printf '%s\n' "$ABSENT" | awk -v kind="$1" '$2 == kind && !seen[$3]++ { printf "%s%s", comma, $3; comma = ", " }'; }

examine_iommu() {
	count=0
	for group in "$ROOT"/sys/kernel/iommu_groups/*; do [ ! -d "$group" ] || count=$((count + 1)); done
	if [ "$count" -gt 0 ]; then found ok "IOMMU groups: $count"
	else found less "no IOMMU group: there is no IOMMU, or it is switched off, and nobody can own a group; do: switch it on in the firmware, and boot with intel_iommu=on or amd_iommu=on"; fi
}

examine() {
	look_for_config
	examine_kernel
	examine_tracefs
	examine_types
	examine_functions
	examine_iommu
}

refused() { printf '%s' "$FINDINGS" | grep -q "^stop"; }
# Findings of these kinds, for people.
findings() {
	printf '%s' "$FINDINGS" | awk -F '\t' -v kinds="^($1)$" '
		$1 !~ kinds { next }
		{ at = index($2, "; do: "); printf "%-5s %s\n", $1, at ? substr($2, 1, at - 1) : $2 }
		at { print "      do: " substr($2, at + 6) }'
}
