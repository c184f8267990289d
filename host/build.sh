# Sourced by ./perilune: CMake, and the root file system.
# shellcheck shell=bash

build_dir() { echo "$ROOT/build/$1-$CONFIG"; }

# Standard output belongs to the guest: all of this goes to standard error, and only what matters.
quietly() { # TITLE COMMAND…
	local title=$1 log
	shift
	if [ "$VERBOSE" = 1 ]; then
		run "$@" >&2
		return
	fi
	mkdir -p "$ROOT/build"
	log=$ROOT/build/last-command.$$.log
	if ! "$@" >"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		say "perilune: $title: failed: $*"
		return 1
	fi
	grep -E '^perilune: warning:' "$log" >&2
	rm -f "$log"
}

build_arch() {
	local arch=$1 dir
	dir=$(build_dir "$arch")
	if [ ! -e "$dir/build.ninja" ]; then
		if [ ! -e "$ROOT/build/deps/$arch/newlib/stamp" ]; then
			say "building the C library for $arch and fetching Lua, once…"
		fi
		(cd "$ROOT" && quietly "configuring $arch" cmake --preset "$arch-$CONFIG") || exit $EXIT_ERROR
	fi
	say "building $arch ($CONFIG)…"
	# Two of these commands at once take turns. (The lock is the directory's: build.ninja may be
	# replaced by the build, and Ninja run twice at once loses what an object depends on.)
	quietly "building $arch" flock "$dir" cmake --build "$dir" || exit $EXIT_ERROR
}

# make_rootfs ARCH OUT [ARGUMENTS OF rootfs.sh]
make_rootfs() {
	local arch=$1 out=$2
	shift 2
	quietly "root file system" "$ROOT/cmake/rootfs.sh" "$arch" "$(build_dir "$arch")" "$out" "$@" || exit $EXIT_ERROR
}

cmd_build() {
	local arches=() arch
	while [ $# -gt 0 ]; do
		case $1 in
		--release) CONFIG=release ;;
		-v) VERBOSE=1 ;;
		all) arches=($ALL_ARCHES) ;;
		-*) usage_error "build: unknown option $1" ;;
		*)
			is_arch "$1" || usage_error "build: unknown architecture $1 (known: $ALL_ARCHES)"
			arches+=("$1")
			;;
		esac
		shift
	done
	[ ${#arches[@]} -gt 0 ] || arches=(riscv64)
	need_tools build -- "${arches[@]}"
	for arch in "${arches[@]}"; do
		build_arch "$arch"
		say "kernel: $(build_dir "$arch")/perilune.elf, Image; root file system: initramfs.cpio"
	done
}
