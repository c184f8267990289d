# Sourced by ./perilune: what all commands share.
# shellcheck shell=bash

ALL_ARCHES="riscv64"
VERBOSE=0

EXIT_ERROR=1
EXIT_USAGE=2
EXIT_PANIC=70
EXIT_TIMEOUT=124

say() { printf '%s\n' "$*" >&2; }

die() {
	say "perilune: $*"
	exit $EXIT_ERROR
}

usage_error() {
	say "perilune: $*"
	say "See ./perilune --help"
	exit $EXIT_USAGE
}

# Shows a command under -v, in a form that can be pasted into a shell.
show() {
	[ "$VERBOSE" = 0 ] && return 0
	local word line=+
	for word in "$@"; do
		printf -v word '%q' "$word"
		line+=" $word"
	done
	say "$line"
}

run() {
	show "$@"
	"$@"
}

is_arch() {
	case " $ALL_ARCHES " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

# What must not outlive this command: processes by id, and one folder.
CHILDREN=()
SCRATCH=
cleanup() {
	local pid
	for pid in ${CHILDREN[@]+"${CHILDREN[@]}"}; do
		kill "$pid" 2>/dev/null
	done
	[ -z "$SCRATCH" ] || rm -rf "$SCRATCH"
}

scratch() {
	[ -n "$SCRATCH" ] || SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/perilune.XXXXXX") || die "no temporary folder"
}

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
