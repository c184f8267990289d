#!/bin/bash
# Checks the host command: exit codes, standard output, and wrong usage. The kernel must boot; everything else is tested
# inside it. The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

# check NAME EXIT-CODE STDOUT-PATTERN STDERR-PATTERN COMMAND…: the patterns are extended regular expressions that must
# match a line; an empty one does not matter, "-" means that nothing is printed.
check() {
	local name=$1 want=$2 out=$3 err=$4 code=0 why=
	shift 4
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null || code=$?
	[ "$code" = "$want" ] || why="exit code $code, not $want"
	matches "$out" "$scratch/out" || why+="${why:+; }standard output does not match '$out'"
	matches "$err" "$scratch/err" || why+="${why:+; }standard error does not match '$err'"
	if [ -z "$why" ]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) host.$name # PASS"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $((passed + failed)) host.$name # FAIL"
	echo "# $why"
	sed 's/^/# out: /' "$scratch/out" | tail -n 20
	sed 's/^/# err: /' "$scratch/err" | tail -n 20
}

matches() {
	case $1 in
	'') true ;;
	-) [ ! -s "$2" ] ;;
	*) grep -Eq -- "$1" "$2" ;;
	esac
}

script() { # TEXT: a file with it
	printf '%s\n' "$1" >"$scratch/script.lua"
	echo "$scratch/script.lua"
}

piped() { # TEXT ARGUMENT…
	local text=$1
	shift
	printf '%s\n' "$text" | ./perilune run --timeout 60 "$@"
}

output_is() { # TEXT COMMAND…: the whole standard output
	local want=$1 got
	shift
	got=$("$@" 2>/dev/null)
	printf '%s\n' "$got"
	[ "$got" = "$want" ]
}

many_lines=$(for _ in $(seq 2000); do echo 'n = (n or 0) + 1'; done)

check build 0 - '' ./perilune build
check pipe_prints_only_42 0 '' '' output_is 42 piped 'print(6*7)'
check pipe_of_expressions 0 '^49$' '' piped '7 * 7'
check pipe_of_many_lines 0 '^2000$' '' piped "$many_lines
print(n)"
check one_cpu 0 '^1$' '' piped 'print(#cpu.list())' --cpus 1
check eight_cpus 0 '^8$' '' piped 'print(#cpu.list())' --cpus 8
check script_exit_code 7 - '' ./perilune run --timeout 60 --script "$(script 'sys.poweroff(7)')"
check script_ends 0 '^done$' '' ./perilune run --timeout 60 --script "$(script 'print("done")')"
check script_error 1 'script.lua:2:.*broken' '' ./perilune run --timeout 60 --script "$(script 'local function f()
error("broken") end
f()')"
check script_traceback 1 'stack traceback' '' ./perilune run --timeout 60 --script "$(script 'error("broken")')"
check script_syntax_error 1 'script.lua:1:' '' ./perilune run --timeout 60 --script "$(script 'x = = 1')"
check script_without_end 124 '' 'ended after 5 s' ./perilune run --timeout 5 --script "$(script 'while true do end')"
check panic 70 'Kernel panic - not syncing' '[+]0x[0-9a-f]+.*:[0-9]+' ./perilune run --timeout 60 \
	--script "$(script 'sys.panic("on purpose")')"
check added_file 0 '^added$' '' piped 'print((fs.read("/etc/added"):match("%a+")))' --add "$(script added):/etc/added"
check appended_argument 0 '^yes$' '' piped 'for k, v in pairs(sys.args()) do if k == "marker" then print("yes") end end' \
	--append marker=1
check icount 0 '^42$' '' piped 'print(6*7)' --icount
check with_busybox 0 '^hello$' '' piped 'proc.wait(proc.spawn{"/bin/busybox", "echo", "hello"}.pid)'
check no_command 2 - 'which command' ./perilune
check unknown_command 2 - 'unknown command' ./perilune fly
check unknown_option 2 - 'unknown option' ./perilune run --fly
check unknown_arch 2 - 'unknown architecture' ./perilune build pdp11
check bad_cpus 2 - 'from 1 to 8' ./perilune run --cpus 9
check bad_memory 2 - 'takes a number' ./perilune run --memory lots
check missing_script 1 - 'no such file' ./perilune run --script /nonexistent.lua
check missing_add 1 - 'no such file' ./perilune run --add /nonexistent:/x
check bench_comes_later 2 - 'later' ./perilune bench
check help 0 'usage: perilune' - ./perilune --help
check deps_print 0 '^apt-get install .*clang-19' - ./perilune deps --print

echo "$passed passed, $failed failed"
[ $failed = 0 ]
