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
# shellcheck source=cmake/packages.sh
. "$here/packages.sh"

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

overlay_lock
layers=("$here/rootfs:/")
if busybox=$(overlay busybox busybox-static) && link_applets "$busybox"; then
	layers+=("$busybox/usr:/usr")
else
	echo "perilune: warning: busybox-static for $arch could not be fetched: the guest has no /bin/sh" >&2
fi
if [ ${#packages[@]} -gt 0 ]; then
	name=with-$(printf '%s\n' "${packages[@]}" | sort -u | sha256sum | cut -c1-16)
	if ! with=$(overlay "$name" "${packages[@]}"); then
		echo "perilune: could not get for $arch: ${packages[*]}" >&2
		exit 1
	fi
	layers+=("$with:/")
fi
for dir in "$root/tests/lua" "$root/tests/ash" "$root/tests/diff"; do
	[ ! -d "$dir" ] || layers+=("$dir:/tests/${dir##*/}")
done
[ ! -d "$build/tests/bin" ] || layers+=("$build/tests/bin:/tests/bin")
[ ! -e "$build/tests/diff/diff" ] || specs+=("$build/tests/diff/diff:/tests/bin/diff")
perl "$here/mkinitramfs.pl" "$out" "${layers[@]}" ${specs[@]+"${specs[@]}"}
