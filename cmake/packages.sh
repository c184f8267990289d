# Sourced, with $root and $arch set: Debian packages for the guest's architecture, unpacked.
# shellcheck shell=bash

# shellcheck source=cmake/apt.sh
. "$root/cmake/apt.sh"

case $arch in
riscv64) debian_arch=riscv64 ;;
*)
	echo "perilune: Debian's name of the architecture $arch is not known" >&2
	exit 1
	;;
esac

# Whoever unpacks holds this lock.
overlay_lock() {
	mkdir -p "$root/build"
	exec 9>"$root/build/rootfs.lock"
	flock 9
}

# unpack DIR PKG…: the packages, and all that they depend on, unpacked in DIR.
unpack() {
	local dir=$1 suite work=$1.work deb out
	shift
	for suite in trixie stable forky sid; do
		apt_open "$root/build/apt/$arch" "$debian_arch" "$suite" 2>"$dir.log" || continue
		rm -rf "$work"
		mkdir -p "$work/archives/partial" "$work/root"
		if ! out=$(apt_run "$APT_OPENED" apt-get -q -o Dir::Cache::Archives="$work/archives" \
			install --download-only --no-install-recommends -- "$@" 2>&1); then
			printf '%s\n' "$out" >>"$dir.log"
			continue
		fi
		for deb in "$work"/archives/*.deb; do
			dpkg-deb -x "$deb" "$work/root"
		done
		rm -rf "$work"/root/usr/share/{doc,man,info,locale,lintian,menu}
		rm -rf "$dir"
		mv "$work/root" "$dir"
		rm -rf "$work"
		return 0
	done
	rm -rf "$work"
	grep -E '^(E:|W:|perilune:)' "$dir.log" | sort -u >&2 || true
	return 1
}

# overlay NAME PKG…: as unpack, once, below build/rootfs. Prints where.
overlay() {
	local dir=$root/build/rootfs/$arch/$1
	shift
	if [ ! -e "$dir.done" ]; then
		mkdir -p "${dir%/*}"
		unpack "$dir" "$@" || return 1
		touch "$dir.done"
	fi
	echo "$dir"
}
