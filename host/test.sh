# Sourced by ./perilune: runs the tests in QEMU and counts. The protocol is in tests/lua/README.md.
# shellcheck shell=bash

SILENCE=60	# seconds without a line: the guest hangs
LONGEST_BOOT=900	# seconds, for one boot

passed=0 failed=0 skipped=0

# One boot that leaves out the first $2 tests. Sets LAST to the number of the last test with a result or that was
# running; RUNNING to its name if it had none; ENDED to 1 if the guest said it was through.
test_boot() { # CPUS SKIP LOG
	local line rest code=0 failing=0
	LAST=$2 RUNNING= ENDED=0 HUNG=0
	qemu_command "$1" "plain loglevel=2 script=/tests/lua/run.lua ${PATTERN:+test=\"$PATTERN\" }test.skip=$2 $APPEND"
	boot_pipes "$3"
	while true; do
		IFS= read -r -t $SILENCE line <&3 || { [ $? -le 128 ] || HUNG=1; break; }
		line=${line%$'\r'}
		[ "$VERBOSE" = 0 ] || printf '%s\n' "$line"
		case $line in
		"# RUN "*)
			rest=${line#\# RUN }
			LAST=${rest%% *} RUNNING=${rest#* } failing=0
			;;
		"ok "[0-9]* | "not ok "[0-9]*)
			test_result "$line"
			failing=0
			[ "${line%% *}" = ok ] || failing=1
			RUNNING=
			;;
		"TEST-END "*) ENDED=1 failing=0 ;;
		"# Totals"*) failing=0 ;;
		"#"* | " "*) [ $failing = 0 ] || [ "$VERBOSE" = 1 ] || printf '%s\n' "$line" ;;
		esac
	done
	[ $HUNG = 0 ] || kill "$QEMU_PID" 2>/dev/null
	boot_end || code=$?
	BOOT_CODE=$code
}

# Counts a result line, and shows it.
test_result() {
	local rest=${1#not }
	rest=${rest#ok }
	LAST=${rest%% *}
	case $1 in
	*"# SKIP"* | *"# XFAIL"*) skipped=$((skipped + 1)) ;;
	"ok "*) passed=$((passed + 1)) ;;
	*) failed=$((failed + 1)) ;;
	esac
	[ "$VERBOSE" = 1 ] || printf '%s\n' "$1"
}

# The test that was running when the guest went away.
test_lost() { # LOG
	local why="the guest ended (exit code $BOOT_CODE)"
	[ "$BOOT_CODE" != $EXIT_PANIC ] || why="kernel panic"
	[ "$BOOT_CODE" != $EXIT_TIMEOUT ] || why="the boot took longer than $LONGEST_BOOT s"
	[ $HUNG = 0 ] || why="nothing printed for $SILENCE s"
	failed=$((failed + 1))
	printf 'not ok %s %s # ERROR %s\n' "$LAST" "${RUNNING:-(no test was running)}" "$why"
	tail -n 60 "$1" | tr -d '\r' | sed -n '/Kernel panic/,$p' | sed 's/^/# /'
	tail -n 80 "$1" >"$SCRATCH/last.log"
	explain_panic "$SCRATCH/last.log" 2>&1 | sed 's/^/# /'
}

# All the tests on so many CPUs, in as many boots as it takes.
test_cpus() { # CPUS
	local skip=0 log empty=0
	log=$(build_dir "$ARCH")/test-$1.log
	: >"$log"
	printf '# %s, %s CPU%s\n' "$ARCH" "$1" "$([ "$1" = 1 ] || echo s)"
	while true; do
		test_boot "$1" "$skip" "$log"
		if [ $ENDED = 1 ]; then
			return 0
		fi
		test_lost "$log"
		# A boot that reached no new test will not do better the next time.
		if [ -z "$RUNNING" ] && [ "$LAST" -le "$skip" ]; then
			empty=$((empty + 1))
			[ $empty -lt 2 ] || return 0
		fi
		[ -n "$RUNNING" ] || [ "$LAST" -gt "$skip" ] || return 0
		skip=$LAST
	done
}

test_arch() {
	local cpus
	need_tools build qemu -- "$ARCH"
	build_arch "$ARCH"
	prepare_rootfs
	scratch
	for cpus in ${CPUS:-1 4}; do
		test_cpus "$cpus"
	done
}

cmd_test() {
	local arches=()
	PATTERN=
	while [ $# -gt 0 ]; do
		boot_option "$@"
		if [ "$SHIFT" != 0 ]; then
			shift "$SHIFT"
			continue
		fi
		case $1 in
		-*) usage_error "test: unknown option $1" ;;
		all) arches=($ALL_ARCHES) ;;
		*)
			if is_arch "$1"; then
				arches+=("$1")
			else
				PATTERN+=${PATTERN:+ }$1
			fi
			;;
		esac
		shift
	done
	[ -z "$SCRIPT" ] || usage_error "test: --script is for run"
	case $PATTERN in
	*\"*) usage_error "test: no double quotes in a pattern" ;;
	esac
	[ ${#arches[@]} -gt 0 ] || arches=(riscv64)
	LONGEST_BOOT=${TIMEOUT:-$LONGEST_BOOT} TIMEOUT=${TIMEOUT:-$LONGEST_BOOT}
	for ARCH in "${arches[@]}"; do
		check_boot_options
		test_arch
	done
	local sum="$passed passed, $failed failed"
	[ $skipped = 0 ] || sum+=", $skipped skipped"
	printf '%s\n' "$sum"
	[ $failed = 0 ] && [ $passed -gt 0 ]
	exit
}
