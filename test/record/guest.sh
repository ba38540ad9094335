# What guest.test.ts has the guest do: three recorders, one that ends by itself, one that is told to end, one that is killed.
devices() {
	. /lab/lib.sh
	mods uio_pci_generic vfio_pci vfio_iommu_type1
	group=$(group 0000:02:00.1)
	override 0000:00:05.0 uio_pci_generic
	bind 0000:00:05.0 uio_pci_generic
	unbind 0000:00:05.0 uio_pci_generic
	override 0000:02:00.1 vfio-pci
	override 0000:02:00.2 uio_pci_generic
	probe 0000:02:00.1
	probe 0000:02:00.2
	labctl do copen:c "gopen:g:$group" setc:g:c close:g close:c # refused: another driver is in the group
	unbind 0000:02:00.2 uio_pci_generic
	labctl do copen:c "gopen:g:$group" setc:g:c setiommu:c:1 dev:d:g:0000:02:00.1 close:d close:g close:c
	unbind 0000:02:00.1 vfio-pci
}
if [ "${1:-}" = devices ]; then
	devices
	exit
fi

tracefs() {
	{
		ls $tracing/instances
		# 6.1 gives its own buffer the size that it announces once anybody switches on an event, in whole pages.
		awk '{ print /expanded/ || $1 >= 1408 ? "full size" : $0 }' $tracing/buffer_size_kb
		cat $tracing/kprobe_events $tracing/tracing_on $tracing/trace_clock $tracing/current_tracer $tracing/set_event $tracing/options/overwrite
		ls -d $tracing/events/*dma_own* 2>&1
	} > "/out/tracefs.$1"
}
recording() { # FILE: waits until a recorder says that it is at work
	tries=0
	while ! grep -q 'recording into' "$1" && [ $tries -lt 600 ]; do sleep 1; tries=$((tries + 1)); done
}

tracefs before
sh /lab/record.sh --to /out/whole -- sh /lab/guest.sh devices
echo "CODE $? whole"
tracefs whole

sh /lab/record.sh --to /out/ended 2> /out/ended.said &
recorder=$!
recording /out/ended.said
bind 0000:00:05.0 uio_pci_generic
kill -TERM $recorder
wait $recorder
echo "CODE $? ended"
tracefs ended

sh /lab/record.sh --to /out/killed 2> /out/killed.said &
recorder=$!
recording /out/killed.said
sh /lab/record.sh --undo
echo "CODE $? undo of a live one"
kill -KILL $recorder
wait $recorder
tracefs killed
sh /lab/record.sh --undo
echo "CODE $? undo"
tracefs undone
