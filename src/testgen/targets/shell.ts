/** The parts of the kselftest script that are the same for every suite. POSIX shell; variables are set by what the suite writes above. */
export const shellBegin = String.raw`SKIP=4
DIR=$(dirname "$0")
HELPER=$DIR/dma_own
ONLY=
PCI=/sys/bus/pci
BOUND_BEFORE=
LOADED_BY_US=
FAILED=0
PASSED=0
SKIPPED=0
TMP=

usage() {
	echo "# usage: $0 $(for role in $ROLES; do printf -- '--device %s=ADDRESS ' "$role"; done)[--only NUMBER]... [--helper FILE]"
	echo "# needs root, an IOMMU, the modules $LOADED, and devices that nobody needs:"
	echo "# they are unbound, bound, removed and scanned for again, and given to VFIO."
	echo "# A device that has a driver of its own gets it back at the end; it is not removed."
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit "$SKIP"
}

of() {
	eval "printf '%s' \"\$$1\""
}

driver_of() {
	basename "$(readlink "$PCI/devices/$1/driver" 2>/dev/null)"
}

# The number of the group in which these devices are: that of the first that is there.
group_of() {
	for device in "$@"; do
		if [ -e "$PCI/devices/$device/iommu_group" ]; then
			basename "$(readlink "$PCI/devices/$device/iommu_group")"
			return
		fi
	done
	echo none
}

bus_of() {
	echo "$1" | sed 's/:[^:]*$//'
}

# A file that may be gone: what does not work here shows later.
put() {
	if [ -w "$1" ]; then
		printf '%s\n' "$2" 2>/dev/null >"$1"
	fi
}

start_users() {
	for user in $USERS; do
		rm -f "$TMP/$user.in" "$TMP/$user.out"
		mkfifo -m 600 "$TMP/$user.in" "$TMP/$user.out"
		"$HELPER" serve "$TMP/$user.in" "$TMP/$user.out" &
		eval "pid_$user=\$!"
	done
}

stop_users() {
	for user in $USERS; do
		pid=$(of "pid_$user")
		if [ -n "$pid" ]; then
			kill "$pid" 2>/dev/null
			wait "$pid" 2>/dev/null
			eval "pid_$user="
		fi
	done
}

# Back to where every test begins: nothing open, nothing bound, no override, modules loaded, every device there.
cleared() {
	stop_users
	for role in $ROLES; do
		device=$(of "$role")
		[ -e "$PCI/devices/$device" ] || put "/sys/class/pci_bus/$(bus_of "$device")/rescan" 1
		put "$PCI/devices/$device/driver/unbind" "$device"
		put "$PCI/devices/$device/driver_override" ''
	done
	for module in $LOADED; do
		modprobe "$module" 2>/dev/null
	done
	for role in $ROLES; do
		device=$(of "$role")
		put "$PCI/devices/$device/driver/unbind" "$device"
		[ -e "$PCI/devices/$device" ] && [ ! -e "$PCI/devices/$device/driver" ] || return 1
	done
}

# As it was before the first test. No user is started here: it would inherit that signals are ignored.
restore() {
	trap '' EXIT INT TERM
	[ -n "$TMP" ] || return
	cleared >/dev/null 2>&1
	for bound in $BOUND_BEFORE; do
		put "$PCI/drivers/$(echo "$bound" | cut -d= -f2)/bind" "$(echo "$bound" | cut -d= -f1)"
	done
	for module in $LOADED_BY_US; do
		modprobe -r "$module" 2>/dev/null
	done
	rm -rf "$TMP"
}

say() {
	echo "# $*"
}

checked() {
	if [ "$GOT" != "$WANT" ]; then
		case $GOT in
		-[0-9]*) say "$1 $2: expected $WANT, got $GOT ($("$HELPER" error "$GOT"))" ;;
		*) say "$1 $2: expected $WANT, got $GOT" ;;
		esac
		return 1
	fi
}

# step NUMBER WHO CALL EXPECTED write PATH VALUE | read PATH | ask USER OPERATION | load MODULE | unload MODULE
step() {
	NUMBER=$1
	WANT=$4
	TEXT="$2 $3"
	LIMIT=20000
	[ "$WANT" = waits ] && LIMIT=700
	shift 4
	case $1 in
	write | read) GOT=$("$HELPER" -t "$LIMIT" -s "$NUMBER $TEXT" -o "$TMP/result.$NUMBER" "$@") ;;
	ask) GOT=$("$HELPER" -t "$LIMIT" -s "$NUMBER $TEXT" ask "$TMP/$2.in" "$TMP/$2.out" "$3") ;;
	load | unload)
		"$HELPER" mark "dma-ownership step $NUMBER $TEXT" "USER B modprobe $2"
		if [ "$1" = load ]; then modprobe "$2"; else modprobe -r "$2"; fi
		GOT=$?
		"$HELPER" mark "dma-ownership done $NUMBER ret=$GOT"
		;;
	esac
	checked "$NUMBER" "$TEXT"
}

# A call that waited returns now.
ends() {
	WANT=$3
	GOT=$("$HELPER" -s "$1 $2" await "$TMP/result.$1")
	checked "$1" "$2"
}

# What is missing for a need of a test, or nothing.
missing() {
	case $1 in
	iommufd) [ -c /dev/iommu ] || echo "no /dev/iommu" ;;
	vfio) [ -c /dev/vfio/vfio ] || echo "no /dev/vfio/vfio" ;;
	type) [ -e "/sys/kernel/iommu_groups/$(group_of "$(of "$(echo "$ROLES" | cut -d' ' -f1)")")/type" ] || echo "groups have no type here" ;;
	hotplug) [ -z "$BOUND_BEFORE" ] || echo "a device has a driver of its own, which would take it when it comes back" ;;
	esac
}

run_test() {
	name=$(of "name_$1")
	why=
	for need in $(of "needs_$1"); do
		why=$(missing "$need")
		[ -z "$why" ] || break
	done
	if [ -n "$ONLY" ] && ! echo "$ONLY " | grep -q " $(($1 + 1)) "; then why='not asked for'; fi
	if [ -n "$why" ]; then
		SKIPPED=$((SKIPPED + 1))
		echo "ok $(($1 + 1)) $name # SKIP $why"
		return
	fi
	if ! cleared; then
		FAILED=$((FAILED + 1))
		say "the devices cannot be brought to where the test begins"
		echo "not ok $(($1 + 1)) $name"
		return
	fi
	start_users
	rm -f "$TMP"/result.*
	"$HELPER" mark "dma-ownership test $1 $name"
	if "test_$1"; then
		PASSED=$((PASSED + 1))
		echo "ok $(($1 + 1)) $name"
	else
		FAILED=$((FAILED + 1))
		echo "not ok $(($1 + 1)) $name"
	fi
}
`;

export const shellEnd = String.raw`while [ $# -gt 0 ]; do
	case $1 in
	--device)
		role=$(echo "$2" | cut -d= -f1)
		case " $ROLES " in
		*" $role "*) ;;
		*) usage && exit 1 ;;
		esac
		case $(echo "$2" | cut -d= -f2) in
		[0-9a-f][0-9a-f][0-9a-f][0-9a-f]:[0-9a-f][0-9a-f]:[0-9a-f][0-9a-f].[0-7]) eval "$role=\$(echo \"\$2\" | cut -d= -f2)" ;;
		*) echo "# $2: an address is 0000:02:00.1" && exit 1 ;;
		esac
		;;
	--only) ONLY="$ONLY $2" ;;
	--helper) HELPER=$2 ;;
	*) usage && exit 1 ;;
	esac
	if [ $# -lt 2 ]; then
		usage
		exit 1
	fi
	shift 2
done

echo "TAP version 13"
for role in $ROLES; do
	[ -n "$(of "$role")" ] || { usage && skip_all "no device plays $role: --device $role=ADDRESS"; }
done
[ "$(id -u)" = 0 ] || skip_all "must be root"
[ -x "$HELPER" ] || skip_all "$HELPER is missing: make, or cc -o dma_own dma_own.c"
[ -d /sys/kernel/iommu_groups ] || skip_all "no IOMMU"
for same in $SAME; do
	first=
	for role in $(echo "$same" | tr , ' '); do
		device=$(of "$role")
		[ -e "$PCI/devices/$device" ] || skip_all "there is no $device"
		group=$(group_of "$device")
		[ "$group" != none ] || skip_all "$device has no IOMMU group"
		[ "$group" = "$(group_of "$(of "$(echo "$same" | cut -d, -f1)")")" ] || skip_all "$device is in another group"
		first=$group
	done
	for other in /sys/kernel/iommu_groups/"$first"/devices/*; do
		other=$(basename "$other")
		case " $(for role in $ROLES; do of "$role" && echo; done | tr '\n' ' ') " in
		*" $other "*) continue ;;
		esac
		[ -e "$PCI/devices/$other/driver" ] || continue
		case " $MANAGED " in
		*" $(driver_of "$other") "*) ;;
		*) skip_all "$other of the same group is bound to $(driver_of "$other")" ;;
		esac
	done
done
for module in $LOADED; do
	[ -e "/sys/module/$module" ] && continue
	modprobe "$module" || skip_all "no module $module"
	LOADED_BY_US="$module $LOADED_BY_US"
done
modprobe vfio_iommu_type1 2>/dev/null
for driver in $DRIVERS; do
	[ -e "$PCI/drivers/$driver" ] || skip_all "no driver $driver"
done
for role in $ROLES; do
	device=$(of "$role")
	[ -e "$PCI/devices/$device/driver" ] && BOUND_BEFORE="$BOUND_BEFORE $device=$(driver_of "$device")"
	if [ -n "$(tr -d '\n' <"$PCI/devices/$device/driver_override" | sed 's/(null)//')" ]; then
		skip_all "$device has a driver_override"
	fi
done
TMP=$(mktemp -d)
trap restore EXIT
trap 'exit 1' INT TERM
echo "1..$TESTS"
test=0
while [ "$test" -lt "$TESTS" ]; do
	run_test "$test"
	test=$((test + 1))
done
echo "# Totals: pass:$PASSED fail:$FAILED xfail:0 xpass:0 skip:$SKIPPED error:0"
[ "$FAILED" = 0 ] || exit 1
[ "$PASSED" != 0 ] || exit "$SKIP"
exit 0
`;
