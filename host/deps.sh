# Sourced by ./perilune: the host's tools, and the Debian packages that have them.
# shellcheck shell=bash

# "tool package": a tool is a command, or a file with an absolute path.
tools_build="
cmake cmake
ninja ninja-build
clang-19 clang-19
ld.lld-19 lld-19
llvm-nm-19 llvm-19
make make
patch patch
xz xz-utils
flock util-linux
dpkg-source dpkg-dev
/usr/include/stdio.h libc6-dev
/usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring"

tools_arch() {
	case $1 in
	riscv64)
		echo "riscv64-linux-gnu-gcc gcc-riscv64-linux-gnu"
		echo "/usr/riscv64-linux-gnu/lib/libc.a libc6-dev-riscv64-cross"
		;;
	esac
}

tools_qemu() {
	case $1 in
	riscv64)
		echo "qemu-system-riscv64 $(qemu_package qemu-system-riscv)"
		echo "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin opensbi"
		;;
	esac
}

tools_debug="gdb-multiarch gdb-multiarch"
tools_checks="
clang-format-19 clang-format-19
clang-tidy-19 clang-tidy-19"

# Debian 13 has a package of its own for each of QEMU's targets; Debian 12 has most of them in one.
qemu_package() {
	if (. /etc/os-release && [ "${VERSION_ID:-99}" -le 12 ]) 2>/dev/null; then
		echo qemu-system-misc
	else
		echo "$1"
	fi
}

tools_for() { # KIND… -- ARCH…: "tool package" lines
	local kinds=() kind arch
	while [ "$1" != -- ]; do
		kinds+=("$1")
		shift
	done
	shift
	for kind in "${kinds[@]}"; do
		case $kind in
		build)
			echo "$tools_build"
			for arch in "$@"; do tools_arch "$arch"; done
			;;
		qemu) for arch in "$@"; do tools_qemu "$arch"; done ;;
		debug) echo "$tools_debug" ;;
		checks) echo "$tools_checks" ;;
		esac
	done
}

have_tool() {
	case $1 in
	/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# need_tools KIND… -- ARCH…: installs what is missing, or prints how to and ends.
need_tools() {
	local tool package missing=()
	while read -r tool package; do
		[ -n "$tool" ] || continue
		have_tool "$tool" && continue
		say "perilune: missing: ${tool##*/} (package $package)"
		case " ${missing[*]-} " in
		*" $package "*) ;;
		*) missing+=("$package") ;;
		esac
	done < <(tools_for "$@")
	[ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

install_packages() {
	local as_root=() log
	if [ "$(id -u)" != 0 ]; then
		as_root=(sudo)
		[ -t 0 ] || as_root=(sudo -n)
		if ! command -v sudo >/dev/null || ! { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
			say "perilune: this line, run as root, installs what is missing:"
			say "    apt-get update && apt-get install --no-install-recommends -y $*"
			exit $EXIT_ERROR
		fi
	fi
	command -v apt-get >/dev/null || die "no apt-get here: install by hand: $*"
	say "perilune: installing: $*"
	scratch
	log=$SCRATCH/apt.log
	if ! { run ${as_root[@]+"${as_root[@]}"} apt-get -q update &&
		run ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
			apt-get -q install --no-install-recommends -y "$@"; } >"$log" 2>&1 </dev/null; then
		cat "$log" >&2
		die "apt-get failed"
	fi
}

cmd_deps() {
	local kinds=(build qemu debug) arches=() print=0
	while [ $# -gt 0 ]; do
		case $1 in
		--print) print=1 ;;
		--checks) kinds+=(checks) ;;
		-v) VERBOSE=1 ;;
		all) arches=($ALL_ARCHES) ;;
		-*) usage_error "deps: unknown option $1" ;;
		*)
			is_arch "$1" || usage_error "deps: unknown architecture $1 (known: $ALL_ARCHES)"
			arches+=("$1")
			;;
		esac
		shift
	done
	[ ${#arches[@]} -gt 0 ] || arches=($ALL_ARCHES)
	if [ $print = 1 ]; then
		echo "apt-get install --no-install-recommends -y" \
			"$(tools_for "${kinds[@]}" -- "${arches[@]}" | awk 'NF { print $2 }' | sort -u | paste -sd' ')"
		return 0
	fi
	need_tools "${kinds[@]}" -- "${arches[@]}"
	say "perilune: everything is there for: ${arches[*]}"
}
