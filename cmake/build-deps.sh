#!/bin/bash
# build-deps.sh ARCH: the third-party sources that the kernel is built with, from Debian's source packages (their
# signatures checked by apt), below build/deps/ARCH:
#	newlib/include, newlib/lib/libc.a libm.a   the C library, built with the kernel's compiler
#	lua/                                       Lua's sources
#	libfdt/                                    the device tree reader's sources
# Each is redone only when its recipe here or the compiler changes (file NAME/stamp).
set -euo pipefail

arch=${1:?usage: build-deps.sh ARCH}
root=$(cd "$(dirname "$0")/.." && pwd)
deps=$root/build/deps/$arch
cc=clang-19
jobs=$(nproc)
# shellcheck source=cmake/apt.sh
. "$root/cmake/apt.sh"

case $arch in
riscv64)
	newlib_target=riscv64-unknown-elf
	arch_flags="-march=rv64gc -mabi=lp64d -mcmodel=medany"
	;;
*)
	echo "build-deps: no recipe for $arch" >&2
	exit 1
	;;
esac

# Part of each stamp: a change to one of these redoes the package.
newlib_flags="--target=$newlib_target $arch_flags -O2 -g -D__DYNAMIC_REENT__ -ffunction-sections -fdata-sections \
-fno-omit-frame-pointer -ffreestanding -Wno-everything -Wno-error=implicit-function-declaration \
-Wno-error=implicit-int -Wno-error=int-conversion -Wno-error=incompatible-function-pointer-types"
newlib_options="--target=$newlib_target --disable-multilib --disable-libgloss --disable-nls --disable-shared \
--disable-newlib-supplied-syscalls --enable-newlib-io-c99-formats --enable-newlib-io-long-long \
--enable-newlib-retargetable-locking --disable-newlib-wide-orient --enable-lite-exit"

libfdt_files="fdt.c fdt_ro.c fdt_rw.c fdt_wip.c fdt_addresses.c fdt_strerror.c fdt.h libfdt.h libfdt_env.h libfdt_internal.h"

say() { echo "$*" >&2; }

# stamp NAME RECIPE: true if NAME was already made by this recipe.
stamp_of() { printf '%s\n' "$1" "$($cc --version | head -1)" "$(apt_host_codename)" | sha256sum | cut -d' ' -f1; }
is_done() { [ "$(cat "$deps/$1/stamp" 2>/dev/null)" = "$(stamp_of "$2")" ]; }

# fetch PACKAGE COMMAND…: runs the apt command in the folder of downloads, in the host's suite or else a later one.
fetch() {
	local package=$1 suite dir out=
	shift
	mkdir -p "$root/build/deps/src"
	for suite in $(apt_host_codename) trixie forky sid; do
		dir=$root/build/apt/source
		apt_open "$dir" source "$suite" 2>>"$root/build/deps/src/apt.log" || continue
		if (cd "$root/build/deps/src" && rm -f "${package}_"* && apt_run "$APT_OPENED" "$@" >>apt.log 2>&1); then
			[ "$suite" = "$(apt_host_codename)" ] || say "$package: taken from Debian $suite"
			return 0
		fi
	done
	tail -n 15 "$root/build/deps/src/apt.log" >&2
	say "build-deps: the source package $package could not be fetched (see build/deps/src/apt.log)"
	return 1
}

# run_logged NAME COMMAND…: quiet unless it fails.
run_logged() {
	local log=$root/build/deps/$1.log
	shift
	if ! "$@" >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		say "build-deps: failed: $* (all of it in $log)"
		return 1
	fi
}

build_newlib() {
	local recipe="$newlib_options $newlib_flags" work=$deps/newlib-work src
	is_done newlib "$recipe" && return 0
	say "newlib ($arch): fetching and building, once"
	fetch newlib-source apt-get -q download newlib-source
	rm -rf "$work" "$deps/newlib"
	mkdir -p "$work/build"
	dpkg-deb -x "$root/build/deps/src"/newlib-source_*.deb "$work"
	tar -xf "$work"/usr/src/newlib/newlib-*.tar.* -C "$work"
	src=$(echo "$work"/newlib-*)
	# Nothing here needs makeinfo; the tools are named because a clang for all targets has no prefixed names.
	(
		cd "$work/build"
		run_logged newlib-configure "$src/configure" $newlib_options --prefix="$deps/newlib" MAKEINFO=: CC=$cc CXX=$cc \
			CC_FOR_TARGET="$cc $newlib_flags" AS_FOR_TARGET="$cc $newlib_flags" \
			AR_FOR_TARGET=llvm-ar-19 RANLIB_FOR_TARGET=llvm-ranlib-19 NM_FOR_TARGET=llvm-nm-19 \
			CFLAGS_FOR_TARGET="$newlib_flags"
		run_logged newlib-make make -j"$jobs" all-target-newlib MAKEINFO=:
		run_logged newlib-install make install-target-newlib MAKEINFO=:
	)
	mv "$deps/newlib/$newlib_target/include" "$deps/newlib/$newlib_target/lib" "$deps/newlib/"
	rm -rf "${deps:?}/newlib/$newlib_target" "$deps/newlib/share" "$work"
	stamp_of "$recipe" >"$deps/newlib/stamp"
}

build_lua() {
	local recipe="lua5.4 with Debian's patches, 1" work=$deps/lua-work
	is_done lua "$recipe" && return 0
	say "lua: fetching"
	fetch lua5.4 apt-get -q source --download-only --only-source lua5.4
	rm -rf "$work" "$deps/lua"
	mkdir -p "$work"
	run_logged lua-unpack dpkg-source --no-check -x "$root/build/deps/src"/lua5.4_*.dsc "$work/lua"
	mv "$work/lua/src" "$deps/lua"
	# Debian's luaconf.h takes its module paths from a header that its build makes; the kernel loads no modules.
	echo '#define DEB_HOST_MULTIARCH "none"' >"$deps/lua/lua5.4-deb-multiarch.h"
	rm -rf "$work"
	stamp_of "$recipe" >"$deps/lua/stamp"
}

build_libfdt() {
	local recipe="libfdt $libfdt_files" work=$deps/libfdt-work file
	is_done libfdt "$recipe" && return 0
	say "libfdt: fetching"
	# The original sources alone: Debian's patches do not touch these files.
	fetch device-tree-compiler apt-get -q source --download-only --only-source --tar-only device-tree-compiler
	rm -rf "$work" "$deps/libfdt"
	mkdir -p "$work" "$deps/libfdt"
	tar -xf "$root/build/deps/src"/device-tree-compiler_*.orig.tar.* -C "$work" --strip-components=1
	for file in $libfdt_files; do
		cp "$work/libfdt/$file" "$deps/libfdt/"
	done
	rm -rf "$work"
	stamp_of "$recipe" >"$deps/libfdt/stamp"
}

mkdir -p "$deps"
# Two builds at once (debug and release) take turns.
exec 9>"$root/build/deps/lock"
flock 9
build_lua
build_libfdt
build_newlib
