#!/bin/bash
# static-pie.sh ARCH CC: prints the further options that CC needs to link static-pie programs. Debian 12's C library for
# cross compilers has no start file for them: then a newer one is unpacked below build/rootfs, and named as the sysroot.
set -euo pipefail
arch=$1 cc=$2
root=$(cd "$(dirname "$0")/.." && pwd)
if [ -e "$("$cc" -print-file-name=rcrt1.o)" ]; then
	exit 0
fi
# shellcheck source=cmake/packages.sh
. "$root/cmake/packages.sh"
overlay_lock
sysroot=$(overlay sysroot libc6-dev)
triple=$("$cc" -dumpmachine)
# Its packages lean on the merged /usr that the linker script of libc.so names.
[ -e "$sysroot/lib" ] || ln -s usr/lib "$sysroot/lib"
printf '%s;' "--sysroot=$sysroot" -nostdinc -isystem "$("$cc" -print-file-name=include)" \
	-isystem "$sysroot/usr/include" -isystem "$sysroot/usr/include/$triple" \
	"-B$sysroot/usr/lib/$triple"
echo "-L$sysroot/usr/lib/$triple"
