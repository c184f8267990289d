# Sourced by ./perilune: QEMU halted at its first instruction, with gdb attached.
# shellcheck shell=bash

cmd_debug() {
	local code=0 log serial
	while [ $# -gt 0 ]; do
		boot_option "$@"
		if [ "$SHIFT" != 0 ]; then
			shift "$SHIFT"
			continue
		fi
		case $1 in
		--)
			shift
			break
			;;
		-*) usage_error "debug: unknown option $1" ;;
		esac
		is_arch "$1" || usage_error "debug: unknown architecture $1 (known: $ALL_ARCHES)"
		ARCH=$1
		shift
	done
	check_boot_options
	need_tools build qemu debug -- "$ARCH"
	build_arch "$ARCH"
	prepare_rootfs
	scratch
	log=$ROOT/build/debug-serial.log
	qemu_command "${CPUS:-2}" "loglevel=3 ${SCRIPT:+script=/script.lua }$APPEND"
	local command=("${QEMU[@]}" -S -monitor none
		-chardev "socket,id=gdb,path=$SCRATCH/gdb,server=on,wait=off" -gdb chardev:gdb
		-chardev "pty,id=line,logfile=$log" -serial chardev:line)
	show "${command[@]}"
	"${command[@]}" </dev/null >"$SCRATCH/qemu.out" 2>&1 &
	CHILDREN+=($!)
	for _ in $(seq 50); do
		[ -S "$SCRATCH/gdb" ] && serial=$(sed -n 's/.*redirected to \([^ ]*\).*/\1/p' "$SCRATCH/qemu.out") &&
			[ -n "$serial" ] && break
		sleep 0.1
	done
	[ -S "$SCRATCH/gdb" ] || { cat "$SCRATCH/qemu.out" >&2; die "QEMU did not start"; }
	say "perilune: the serial line is ${serial:-unknown} (in another terminal: screen $serial), a log of it $log"
	# Ctrl-C is gdb's: it stops the guest.
	trap '' INT
	run gdb-multiarch -q "$(build_dir "$ARCH")/perilune.elf" -ex "directory $ROOT" -ex "target remote $SCRATCH/gdb" "$@" || code=$?
	exit $code
}
