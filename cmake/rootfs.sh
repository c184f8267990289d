#!/bin/bash
# rootfs.sh ARCH BUILD-DIR OUT [--with PKG[,PKG…]]… [HOST:GUEST]…: writes an initramfs of the project's own test
# programs, Debian's static busybox, the named Debian packages with what they depend on, and the named files.
# Packages come from a private apt, signatures checked, and are kept below build/rootfs. Without a network there is no
# busybox, which is said on standard error; a --with that cannot be had is an error.
set -euo pipefail

[ $# -ge 3 ] || { echo "usage: rootfs.sh ARCH BUILD-DIR OUT [--with PKG,…] [HOST:GUEST]…" >&2; exit 2; }
arch=$1 build=$2 out=$3
shift 3
root=$(cd "$(dirname "$0")/.." && pwd)
here=$root/cmake
# shellcheck source=cmake/apt.sh
. "$here/apt.sh"

case $arch in
riscv64) debian_arch=riscv64 ;;
*) echo "rootfs: unknown architecture $arch" >&2; exit 1 ;;
esac

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

# The names busybox answers to stand in it one after the other, from "[" on.
link_applets() {
	perl -e '
		my ($dir) = @ARGV;
		open(my $in, "<:raw", "$dir/usr/bin/busybox") or die "busybox: $!\n";
		local $/;
		my $bytes = <$in>;
		$bytes =~ /\[\0\[\[\0((?:[a-z0-9][\w.-]*\0){50,})/ or die "no applet names found in busybox\n";
		for my $name ("[", "[[", split(/\0/, $1)) {
			symlink("busybox", "$dir/usr/bin/$name") unless -e "$dir/usr/bin/$name";
		}' "$1"
}

# overlay NAME PKG…: as unpack, once. Prints where. A finished one is never changed.
overlay() {
	local dir=$root/build/rootfs/$arch/$1
	shift
	if [ ! -e "$dir.done" ]; then
		mkdir -p "${dir%/*}"
		unpack "$dir" "$@" || return 1
		[ "$1" != busybox-static ] || link_applets "$dir" || return 1
		touch "$dir.done"
	fi
	echo "$dir"
}

packages=() specs=()
while [ $# -gt 0 ]; do
	case $1 in
	--with)
		IFS=, read -r -a more <<<"${2:?--with needs packages}"
		packages+=("${more[@]}")
		shift
		;;
	*) specs+=("$1") ;;
	esac
	shift
done

mkdir -p "$root/build"
exec 9>"$root/build/rootfs.lock"
flock 9

layers=("$here/rootfs:/")
if busybox=$(overlay busybox busybox-static); then
	layers+=("$busybox/usr:/usr")
else
	echo "perilune: warning: busybox-static for $debian_arch could not be fetched: the guest has no /bin/sh" >&2
fi
if [ ${#packages[@]} -gt 0 ]; then
	name=with-$(printf '%s\n' "${packages[@]}" | sort -u | sha256sum | cut -c1-16)
	if ! with=$(overlay "$name" "${packages[@]}"); then
		echo "perilune: could not get for $debian_arch: ${packages[*]}" >&2
		exit 1
	fi
	layers+=("$with:/")
fi
for dir in "$root/tests/lua" "$root/tests/ash"; do
	[ ! -d "$dir" ] || layers+=("$dir:/tests/${dir##*/}")
done
[ ! -d "$build/tests/bin" ] || layers+=("$build/tests/bin:/tests/bin")
perl "$here/mkinitramfs.pl" "$out" "${layers[@]}" ${specs[@]+"${specs[@]}"}
