# Words for the jobs that run in the guest.
tracing=/sys/kernel/tracing
pci=/sys/bus/pci

note() { echo "[$(cut -d' ' -f1 /proc/uptime)] # $*"; labctl note "$*"; }
mods() {
	for module in "$@"; do
		labctl note "modprobe $module"
		modprobe "$module" || note "modprobe $module failed"
	done
}
override() { labctl w "$pci/devices/$1/driver_override" "$2"; }
bind() { labctl w "$pci/drivers/$2/bind" "$1"; }
unbind() { labctl w "$pci/drivers/$2/unbind" "$1"; }
probe() { labctl w "$pci/drivers_probe" "$1"; }
group() { basename "$(readlink "$pci/devices/$1/iommu_group")"; }
told() { labctl w "/sys/module/told/parameters/$1" "$2"; }
state() { note "state: $*"; labctl state; }

# record KIB: every probe of /lab/probes, in a buffer of so many KiB for each processor; what does not fit is dropped, and counted.
record() {
	echo 0 > $tracing/tracing_on
	echo "$1" > $tracing/buffer_size_kb
	echo counter > $tracing/trace_clock
	echo 0 > $tracing/options/overwrite
	if [ ! -d $tracing/events/lab ]; then
		refused=0
		while read -r line; do
			case "$line" in '' | '#'*) continue ;; esac
			echo "$line" >> $tracing/kprobe_events || { refused=$((refused + 1)); echo "LAB refused probe: $line"; }
		done < /lab/probes
	fi
	# One chain serves everybody in 6.1: keep the buses of interest.
	echo 'bus == "pci" || bus == "virtio" || bus == "pci_express" || bus == "platform"' > $tracing/events/lab/notify/filter
	for enable in $tracing/events/lab/*/enable; do echo 1 > "$enable"; done
	echo > $tracing/trace
	echo 1 > $tracing/tracing_on
	note "kernel $(uname -r), scenario ${2:-job}"
}

collect() {
	echo 0 > $tracing/tracing_on
	dmesg > /out/dmesg.txt
	[ -d $tracing/events/lab ] || return
	cat $tracing/trace > /out/trace.txt
	cat $tracing/kprobe_profile > /out/kprobe_profile.txt
	cat $tracing/kprobe_events > /out/kprobe_events.txt
	cat $tracing/per_cpu/cpu*/stats > /out/stats.txt
}
