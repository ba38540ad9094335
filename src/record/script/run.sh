
# Sets up, waits, saves, takes back. What exists is known by its name, which has the number of this process: nobody else's is touched.
ID=$$
SET=
MADE=
RECORDING=
MOUNTED=
CHILD=

take_back() { # ID
	status=0
	instance=$TRACEFS/instances/dma-ownership-$1
	if [ -d "$instance" ]; then rmdir "$instance" 2>/dev/null || { sleep 1; rmdir "$instance" 2>/dev/null || return 1; }; fi
	# A probe may be in use until the last event that it was enabled for is out.
	mine=$(sed -n "s/^[pr][0-9]*:\(dma_ownership_$1\/[a-z_]*\) .*/\1/p" "$TRACEFS/kprobe_events" | sort -u)
	for event in $mine; do
		remove "$event" || { sleep 1; remove "$event"; } || status=1
	done
	return "$status"
}
remove() { (echo "-:$1" >>"$TRACEFS/kprobe_events") 2>/dev/null; }

note() { echo "[$(cut -d' ' -f1 "$ROOT/proc/uptime")] # $*" >>"$TO/log.txt"; }

state() { # WHEN
	note "state: $1"
	for device in "$PCI"/*; do
		[ -d "$device" ] || continue
		group=$(readlink "$device/iommu_group")
		driver=$(readlink "$device/driver")
		override=$(cat "$device/driver_override" 2>/dev/null)
		group=${group##*/}
		driver=${driver##*/}
		echo "  ${device##*/} group=${group:--} driver=${driver:--} override=${override:--}"
	done >>"$TO/log.txt"
}

cannot() {
	findings stop >&2
	die 3 "nothing can be recorded here"
}

prepare_folder() {
	[ -n "$TO" ] || TO=dma-ownership-$(date +%Y%m%d-%H%M%S)
	if [ -e "$TO" ] && [ -n "$(ls -A "$TO" 2>&1)" ]; then die 2 "$TO is there, and not an empty folder; --to names another"; fi
	[ -e "$TO" ] || MADE=yes
	mkdir -p "$TO" || die 2 "the folder $TO cannot be made"
	TO=$(cd "$TO" && pwd)
}

set_up() {
	if [ -n "$MOUNT" ]; then
		mount -t tracefs nodev "$TRACEFS" || die 3 "tracefs cannot be mounted on $TRACEFS"
		MOUNTED=yes
		FINDINGS=
		examine_probes
		! refused || cannot
	fi
	SET=yes
	instance=$TRACEFS/instances/dma-ownership-$ID
	mkdir "$instance" || die 3 "the kernel gives no buffer: mkdir $instance"
	# Who holds a file of the instance keeps it from being removed: --undo leaves a recorder alone that lives.
	exec 9>"$instance/trace_marker"
	echo 0 >"$instance/tracing_on"
	echo "$CLOCK" >"$instance/trace_clock" || die 2 "there is no clock $CLOCK; there are: $(cat "$instance/trace_clock")"
	# What is overwritten is marked where trace-cmd reads it; what finds no room is not.
	[ -n "$WITH" ] || echo 0 >"$instance/options/overwrite"
	good=0
	bad=
	while read -r line; do
		if (printf '%s\n' "$line" >>"$TRACEFS/kprobe_events") 2>/dev/null; then good=$((good + 1)); else bad="$bad$line
"; fi
	done <<-END
		$(printf '%s\n' "$DEFINITIONS" | sed "s/:dma_ownership\//:dma_ownership_$ID\//")
	END
	[ "$good" -gt 0 ] || die 3 "the kernel refuses all probes; its log may say why (dmesg)"
	events=$instance/events/dma_ownership_$ID
	[ ! -e "$events/notify/filter" ] || echo "$NOTIFIED" >"$events/notify/filter"
	echo 1 >"$events/enable" || die 3 "the kernel does not switch the probes on; its log may say why (dmesg)"
	# Not earlier: before 6.6 the kernel takes the first size that anybody sets for a sign that the buffer of all others need not grow any more.
	echo "$BUFFER" >"$instance/buffer_size_kb" || die 3 "the kernel has no $BUFFER KB for each processor; --buffer takes less"
}

begin() { # WHAT
	note "kernel $RELEASE, scenario record: $1"
	note "$MACHINE, dma-ownership $VERSION, $good probes, $(printf '%s' "$bad" | grep -c .) refused, clock $CLOCK, $BUFFER KB for each processor"
	printf '%s' "$bad" | sed 's/^/# refused /' >>"$TO/log.txt"
	[ -z "$ABSENT" ] || printf '%s\n' "$ABSENT" >>"$TO/log.txt"
	state before
	RECORDING=yes
	echo 1 >"$instance/tracing_on"
	echo "NOTE kernel $RELEASE, scenario record: $1" >&9
	echo "$SELF: recording into $TO ($good probes)" >&2
}

save() {
	echo 0 >"$instance/tracing_on"
	state after
	if [ -n "$WITH" ]; then trace-cmd report -i "$TO/trace.dat" | sed "s/^ *dma-ownership-$ID://" >"$TO/trace.txt"; else cat "$instance/trace" >"$TO/trace.txt"; fi
	grep ":dma_ownership_$ID/" "$TRACEFS/kprobe_events" >"$TO/kprobe_events.txt"
	never_there
	awk -F '[:/ ]' 'NR == FNR { ours[$3] = 1; next } { split($0, part, " "); if (part[1] in ours) print }' "$TO/kprobe_events.txt" "$TRACEFS/kprobe_profile" >"$TO/kprobe_profile.txt"
	if [ -n "$WITH" ]; then
		# It has emptied the buffer, counts and all; where events are missing it says so in a line.
		lost=$(awk '/^ *CPU:[0-9]* \[.*EVENTS/ { sum += $3 + 0 > 0 ? $3 : 1 } END { print sum + 0 }' "$TO/trace.txt")
	else
		cat "$instance"/per_cpu/cpu*/stats >"$TO/stats.txt"
		lost=$(awk -F ': ' '$1 == "overrun" || $1 == "dropped events" { sum += $2 } END { print sum + 0 }' "$TO/stats.txt")
		[ "$lost" -eq 0 ] || mark_losses
	fi
	missed=$(awk '{ sum += $3 } END { print sum + 0 }' "$TO/kprobe_profile.txt")
	note "events lost: $lost, probes missed: $missed"
	[ -z "${SUDO_UID:-}" ] || chown -R "$SUDO_UID:${SUDO_GID:-0}" "$TO"
	echo "$SELF: $(grep -vc '^#' "$TO/trace.txt") lines in $TO; dma-ownership judge $TO" >&2
	[ "$lost" -eq 0 ] || echo "$SELF: $lost events were lost: from there on nothing is judged; --buffer takes more than $BUFFER KB" >&2
	[ "$missed" -eq 0 ] || echo "$SELF: probes did not fire $missed times although their functions ran: what is judged may be wrong" >&2
	[ "$lost" -eq 0 ] && [ "$missed" -eq 0 ]
}

# A buffer that is full stays full: behind the last event of its processor the kernel has dropped all others, and says nowhere in the trace that it has.
mark_losses() {
	{
		for stats in "$instance"/per_cpu/cpu*/stats; do
			cpu=${stats%/stats}
			sed -n "s/^dropped events: \([1-9]\)/=dropped ${cpu##*cpu} \1/p" "$stats"
		done
		cat "$TO/trace.txt"
		echo "=again"
		cat "$TO/trace.txt"
	} | awk '
		/^=dropped / { dropped[$2 + 0] = $3; next }
		/^=again$/ { again = 1; n = 0; next }
		{ n++ }
		!/^#/ && match($0, / \[[0-9]+\] /) {
			if (!first) first = n
			if (!again) last[substr($0, RSTART + 2, RLENGTH - 4) + 0] = n
		}
		!again { next }
		n == first { for (cpu in dropped) if (!(cpu in last)) print "CPU:" cpu " [LOST " dropped[cpu] " EVENTS]" }
		{ print }
		{ for (cpu in dropped) if ((cpu in last) && last[cpu] == n) print "CPU:" cpu " [LOST " dropped[cpu] " EVENTS]" }' >"$TO/trace.new"
	mv "$TO/trace.new" "$TO/trace.txt"
}

# A probe on a module that was loaded later may never have been set: the module has no such function. The judge must not wait for it.
never_there() {
	late=$(printf '%s\n' "$DEFINITIONS" | sed -n 's/^[pr]:[^ ]* \([a-z_]*\):\([a-z_]*\).*/\1 \2/p' | sort -u)
	[ -n "$late" ] || return 0
	now=$(symbols)
	printf '%s\n' "$late" | while read -r module function; do
		grep -q "^$module " "$ROOT/proc/modules" || continue
		printf '%s\n' "$now" | grep -q "^$function " && continue
		echo "# absent $function $module" >>"$TO/log.txt"
		grep -v " $module:$function\( \|\$\)" "$TO/kprobe_events.txt" >"$TO/kprobe_events.new"
		mv "$TO/kprobe_events.new" "$TO/kprobe_events.txt"
	done
}

finish() {
	code=$?
	trap '' INT TERM HUP QUIT
	if [ -n "$CHILD" ] && [ -n "$WITH" ]; then
		# Told so it writes what it has.
		kill -INT "$CHILD" 2>/dev/null
		wait "$CHILD"
	elif [ -n "$CHILD" ]; then kill "$CHILD" 2>/dev/null; fi
	if [ -n "$RECORDING" ]; then save || { [ "$code" -ne 0 ] || code=4; }; fi
	if [ -n "$SET" ]; then
		exec 9>&-
		take_back "$ID" || echo "$SELF: something is left in $TRACEFS; later: $SELF --undo" >&2
	fi
	[ -z "$MOUNTED" ] || umount "$TRACEFS"
	if [ -n "$MADE" ] && [ -z "$RECORDING" ]; then rmdir "$TO"; fi
	trap - EXIT
	exit "$code"
}

# Waits where a signal ends it at once.
patiently() {
	"$@" 9>&- <&0 &
	CHILD=$!
	wait "$CHILD"
	ended=$?
	CHILD=
	return "$ended"
}

record() {
	trap finish EXIT
	trap 'exit 129' HUP
	trap 'exit 131' QUIT
	trap 'exit 143' TERM
	trap 'exit 130' INT
	prepare_folder
	set_up
	[ $# -gt 0 ] || trap 'exit 0' INT
	if [ $# -gt 0 ]; then begin "$*"; else begin "${SECONDS_ASKED:+$SECONDS_ASKED s}"; fi
	DMA_OWNERSHIP_MARKER=$instance/trace_marker
	export DMA_OWNERSHIP_MARKER
	if [ "$WITH" = trace-cmd ]; then
		[ -z "$SECONDS_ASKED" ] || set -- sleep "$SECONDS_ASKED"
		group=dma_ownership_$ID
		set -- trace-cmd record -q -B "dma-ownership-$ID" -C "$CLOCK" -b "$BUFFER" -e "$group" -e "$group:notify" -f "$NOTIFIED" -o "$TO/trace.dat" "$@"
	fi
	if [ $# -gt 0 ]; then
		# A terminal's Ctrl-C is for the command: it runs in front. Without a terminal signals come to us, and we pass them on.
		if [ -t 0 ]; then "$@" 9>&-; else patiently "$@"; fi
		exit
	fi
	# After kill -9 the sleep goes on: it must hold nobody's pipe.
	if [ -n "$SECONDS_ASKED" ]; then patiently sleep "$SECONDS_ASKED" >/dev/null 2>&1; exit 0; fi
	while patiently sleep 60 >/dev/null 2>&1; do :; done
}

undo() {
	[ "$(id -u)" -eq 0 ] || die 3 "not root"
	[ -d "$TRACEFS/events" ] || TRACEFS=$ROOT/sys/kernel/debug/tracing
	[ -d "$TRACEFS/instances" ] || { echo "tracefs is not mounted: nothing to take back"; exit 0; }
	code=0
	left=$({
		for instance in "$TRACEFS"/instances/dma-ownership-*; do echo "${instance##*-}"; done
		sed -n 's/^[pr][0-9]*:dma_ownership_\([0-9]*\)\/.*/\1/p' "$TRACEFS/kprobe_events"
	} | grep '^[0-9]*$' | sort -u)
	for id in $left; do
		if take_back "$id"; then echo "taken back: recorder $id"; else echo "recorder $id is at work: kill -TERM $id ends it, and saves what it has"; code=4; fi
	done
	[ -n "$left" ] || echo "nothing to take back"
	exit "$code"
}

ACTION=record TO='' WITH='' BUFFER=4096 CLOCK=counter SECONDS_ASKED='' CONFIG_GIVEN=''
RELEASE=$(uname -r) MACHINE=$(uname -m)
needs() { [ "$1" -ge 2 ] || die 2 "$2 takes a value; see $SELF --help"; }
number() { case $2 in '' | *[!0-9]* | 0*) die 2 "$1 takes a number from 1, not $2" ;; esac; }
while [ $# -gt 0 ]; do
	case $1 in
	-o | --to) needs $# "$1"; TO=$2; shift ;;
	-b | --buffer) needs $# "$1"; number "$1" "$2"; BUFFER=$2; shift ;;
	-C | --clock) needs $# "$1"; CLOCK=$2; shift ;;
	-s | --seconds) needs $# "$1"; number "$1" "$2"; SECONDS_ASKED=$2; shift ;;
	--with) needs $# "$1"; WITH=$2; shift ;;
	--kernel-config) needs $# "$1"; CONFIG_GIVEN=$2; [ -r "$2" ] || die 2 "$2 cannot be read"; shift ;;
	--check | --probes | --undo) ACTION=${1#--} ;;
	-h | --help) usage; exit 0 ;;
	-V | --version) echo "$VERSION"; exit 0 ;;
	--) shift; break ;;
	-*) die 2 "there is no option $1; see $SELF --help" ;;
	*) break ;;
	esac
	shift
done
[ $# -eq 0 ] || [ -z "$SECONDS_ASKED" ] || die 2 "either --seconds or a command, not both"
[ $# -eq 0 ] || [ "$ACTION" = record ] || die 2 "--$ACTION takes no command"

case $WITH in
'') ;;
trace-cmd) command -v trace-cmd >/dev/null || die 3 "there is no trace-cmd; do: install it, or record without --with" ;;
bpftrace) die 2 "bpftrace needs none of this: docs/reference/recordings.md has a program for it, whose output is judged, too" ;;
*) die 2 "--with takes trace-cmd, not $WITH" ;;
esac

[ "$ACTION" != undo ] || undo
examine
case $ACTION in
check)
	findings 'ok|less|stop'
	if refused; then echo "Nothing can be recorded here."; exit 3; fi
	echo "Can be recorded."
	;;
probes)
	printf '%s\n' "$DEFINITIONS"
	;;
record)
	if refused; then cannot; fi
	findings less >&2
	record "$@"
	;;
esac
