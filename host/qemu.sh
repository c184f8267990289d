# Sourced by ./perilune: options of a boot, QEMU's command line, and the serial line.
# shellcheck shell=bash

# Options that run, test and debug share.
ARCH=riscv64
CONFIG=debug
CPUS=
MEMORY=512
FIRMWARE=opensbi
MACHINE=
SCRIPT=
TIMEOUT=
ICOUNT=0
ADDS=()
PACKAGES=
APPEND=

number() { # OPTION VALUE LOW HIGH
	case $2 in
	'' | *[!0-9]*) usage_error "$1 takes a number, not '$2'" ;;
	esac
	[ ${#2} -le 9 ] && [ "$((10#$2))" -ge "$3" ] && [ "$((10#$2))" -le "$4" ] ||
		usage_error "$1 takes a number from $3 to $4, not $2"
}

# One option. Sets SHIFT to the words it took; 0: it is none of these.
boot_option() {
	SHIFT=2
	case $1 in
	-v | --release | --icount) ;;
	--cpus | --memory | --firmware | --machine | --script | --add | --with | --append | --timeout)
		[ $# -ge 2 ] || usage_error "$1 needs a value"
		;;
	esac
	case $1 in
	--cpus) number "$1" "$2" 1 8 && CPUS=$2 ;;
	--memory) number "$1" "$2" 1 1048576 && MEMORY=$2 ;;
	--firmware) FIRMWARE=$2 ;;
	--machine) MACHINE=$2 ;;
	--script)
		[ -f "$2" ] && [ -r "$2" ] || die "$2: no such file"
		SCRIPT=$2
		;;
	--add)
		case $2 in
		?*:/*) ADDS+=("$2") ;;
		*) usage_error "--add takes HOST:GUEST with an absolute GUEST, not '$2'" ;;
		esac
		[ -e "${2%:/*}" ] || die "${2%:/*}: no such file or folder"
		;;
	--with) PACKAGES+=${PACKAGES:+,}$2 ;;
	--append) APPEND+=${APPEND:+ }$2 ;;
	--timeout) number "$1" "$2" 1 999999999 && TIMEOUT=$2 ;;
	--icount) ICOUNT=1 SHIFT=1 ;;
	--release) CONFIG=release SHIFT=1 ;;
	-v) VERBOSE=1 SHIFT=1 ;;
	*) SHIFT=0 ;;
	esac
}

check_boot_options() {
	case $ARCH:$FIRMWARE in
	riscv64:opensbi) ;;
	*) usage_error "$ARCH does not boot by '$FIRMWARE' (riscv64: opensbi)" ;;
	esac
	if [ $ICOUNT = 1 ]; then
		[ "${CPUS:-1}" = 1 ] || usage_error "--icount needs --cpus 1"
		CPUS=1
	fi
}

# Sets INITRD to a root file system with what the options ask for in it.
prepare_rootfs() {
	local args=() spec
	INITRD=$(build_dir "$ARCH")/initramfs.cpio
	[ -z "$PACKAGES" ] || args+=(--with "$PACKAGES")
	for spec in ${ADDS[@]+"${ADDS[@]}"}; do
		args+=("$spec")
	done
	[ -z "$SCRIPT" ] || args+=("$SCRIPT:/script.lua")
	[ ${#args[@]} -gt 0 ] || return 0
	scratch
	INITRD=$SCRATCH/initramfs.cpio
	make_rootfs "$ARCH" "$INITRD" "${args[@]}"
}

# qemu_command CPUS BOOT-ARGUMENTS: sets QEMU, without the serial line.
qemu_command() {
	local machine
	case $ARCH in
	riscv64)
		machine=${MACHINE:-virt}
		QEMU=(qemu-system-riscv64 -M "$machine" -bios default)
		;;
	esac
	# No network card: with -icount its timer keeps QEMU from reading the serial line while the guest idles.
	QEMU+=(-smp "$1" -m "${MEMORY}M" -display none -nic none)
	[ $ICOUNT = 0 ] || QEMU+=(-icount shift=0,sleep=off)
	QEMU+=(-kernel "$(build_dir "$ARCH")/Image" -initrd "$INITRD" -append "$2")
	[ -z "$TIMEOUT" ] || QEMU=(timeout --foreground -k 5 "$TIMEOUT" "${QEMU[@]}")
}

# QEMU with the terminal in raw mode: Ctrl-C is the guest's, Ctrl-A x ends it.
boot_terminal() { # LOG
	local code=0 command=("${QEMU[@]}" -chardev "stdio,id=line,mux=on,signal=off,logfile=$1" -serial chardev:line
		-mon chardev=line)
	show "${command[@]}"
	# In the background, so that a hang-up of the terminal reaches us, and through us QEMU.
	"${command[@]}" <&0 &
	QEMU_PID=$!
	CHILDREN+=("$QEMU_PID")
	wait "$QEMU_PID" || code=$?
	CHILDREN=()
	return $code
}

# QEMU in the background with its serial line on descriptors 3 (from it) and 4 (to it). Sets QEMU_PID.
boot_pipes() { # LOG
	scratch
	rm -f "$SCRATCH/in" "$SCRATCH/out"
	mkfifo "$SCRATCH/in" "$SCRATCH/out" || die "mkfifo failed"
	local command=("${QEMU[@]}" -no-reboot -monitor none
		-chardev "stdio,id=line,signal=off,logfile=$1,logappend=on" -serial chardev:line)
	show "${command[@]}"
	"${command[@]}" <"$SCRATCH/in" >"$SCRATCH/out" &
	QEMU_PID=$!
	CHILDREN+=("$QEMU_PID")
	exec 4>"$SCRATCH/in" 3<"$SCRATCH/out"
}

# Ends the boot of boot_pipes and returns QEMU's exit code.
boot_end() {
	local code=0
	exec 4>&- 3<&-
	wait "$QEMU_PID" 2>/dev/null || code=$?
	CHILDREN=()
	return $code
}

# Copies descriptor 5, then Ctrl-D; leaves no reader of our input behind when it is ended.
feed_input() {
	local reader
	cat <&5 &
	reader=$!
	trap 'kill $reader' TERM
	wait $reader
	printf '\004'
}

# Copies the serial line to standard output as it comes, a terminal's "\r\n" as "\n".
pass_output() {
	perl -e '
		$| = 1;
		my $kept = "";
		while (sysread(STDIN, my $bytes, 65536)) {
			$bytes = $kept . $bytes;
			$kept = $bytes =~ s/\r\z// ? "\r" : "";
			$bytes =~ s/\r\n/\n/g;
			print $bytes;
		}
		print $kept;'
}

# A plain stream: our standard input, then Ctrl-D, goes in; what the kernel prints comes out. What the firmware prints,
# up to the kernel's first line, is shown only if no kernel follows, or with -v. Input waits for the kernel: the
# firmware would eat it.
boot_stream() { # LOG
	local line held= feeder code=0
	{ exec 5<&0; } 2>/dev/null || exec 5</dev/null
	boot_pipes "$1"
	while IFS= read -r line <&3; do
		line=${line%$'\r'}
		[ "$VERBOSE" = 0 ] || printf '%s\n' "$line"
		case $line in
		"Perilune "*)
			held=
			break
			;;
		esac
		held+=$line$'\n'
	done
	[ "$VERBOSE" = 1 ] || printf '%s' "$held$line" | grep -v '^Perilune ' || true
	feed_input >&4 2>/dev/null 3<&- 4>&- &
	feeder=$!
	CHILDREN+=("$feeder")
	pass_output <&3
	kill "$feeder" 2>/dev/null
	boot_end || code=$?
	exec 5<&-
	return $code
}

# Prints the panic's addresses again, with the lines of the sources.
explain_panic() { # LOG
	local elf hex text place first=1
	elf=$(build_dir "$ARCH")/perilune.elf
	grep -q 'Kernel panic' "$1" 2>/dev/null || return 0
	command -v llvm-symbolizer-19 >/dev/null || return 0
	say "perilune: the backtrace, with source lines ($elf):"
	tr -d '\r' <"$1" | sed -n '/Kernel panic/,$p' | sed -n -E 's/.*\[<(0x)?([0-9a-f]+)>\] *(.*)/\2 \3/p' |
		while read -r hex text; do
			# All but the first are return addresses: the call is before them.
			place=$(llvm-symbolizer-19 -f=none -e "$elf" "$(printf '0x%x' $((0x$hex - !first)))" | sed -n '1s|^\./||p')
			printf '  %-40s %s\n' "$text" "$place" >&2
			first=0
		done
}

cmd_run() {
	local code=0 log args
	while [ $# -gt 0 ]; do
		boot_option "$@"
		if [ "$SHIFT" != 0 ]; then
			shift "$SHIFT"
			continue
		fi
		case $1 in
		-*) usage_error "run: unknown option $1" ;;
		esac
		is_arch "$1" || usage_error "run: unknown architecture $1 (known: $ALL_ARCHES)"
		ARCH=$1
		shift
	done
	check_boot_options
	need_tools build qemu -- "$ARCH"
	build_arch "$ARCH"
	prepare_rootfs
	scratch
	log=$SCRATCH/serial.log
	args=${SCRIPT:+script=/script.lua }
	if [ -t 0 ] && [ -t 1 ]; then
		qemu_command "${CPUS:-2}" "loglevel=3 $args$APPEND"
		boot_terminal "$log" || code=$?
	else
		qemu_command "${CPUS:-2}" "plain loglevel=2 $args$APPEND"
		boot_stream "$log" || code=$?
	fi
	explain_panic "$log"
	[ "$code" != 137 ] || code=$EXIT_TIMEOUT
	[ "$code" != "$EXIT_TIMEOUT" ] || [ -z "$TIMEOUT" ] || say "perilune: ended after $TIMEOUT s"
	exit "$code"
}
