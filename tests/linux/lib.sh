# Sourced by run and compare, after host/*.sh: Debian's kernel.
# shellcheck shell=bash

LINUX_CACHE=${PERILUNE_LINUX:-$ROOT/build/linux}

# Fetches Debian's kernel for $ARCH and unpacks it in $LINUX_CACHE/$ARCH: 110 MB, by the private apt, its signature checked.
fetch_kernel() {
	local root=$ROOT arch=$ARCH work=$LINUX_CACHE/$ARCH.work suite name deb
	# shellcheck source=cmake/packages.sh
	. "$ROOT/cmake/packages.sh"
	overlay_lock
	[ ! -e "$LINUX_CACHE/$ARCH/vmlinux" ] || return 0
	say "fetching Debian's kernel for $ARCH, once…"
	rm -rf "$work"
	mkdir -p "$work/root" "$LINUX_CACHE/$ARCH"
	for suite in trixie stable; do
		apt_open "$LINUX_CACHE/apt/$ARCH" "$debian_arch" "$suite" 2>>"$work/log" || continue
		name=$(apt_run "$APT_OPENED" apt-cache depends "linux-image-$debian_arch" |
			sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p')
		(cd "$work" && apt_run "$APT_OPENED" apt-get -q download "$name") >>"$work/log" 2>&1 && break
	done
	deb=$(echo "$work"/*.deb)
	[ -e "$deb" ] || die "Debian's kernel could not be fetched: see $work/log"
	dpkg-deb --fsys-tarfile "$deb" | tar -xC "$work/root" --wildcards './boot/*'
	mv "$work"/root/boot/config-* "$LINUX_CACHE/$ARCH/config"
	mv "$work"/root/boot/vmlinu?-* "$LINUX_CACHE/$ARCH/vmlinux"
	rm -rf "$work"
}

# Prints the path of Debian's kernel for $ARCH.
linux_kernel() {
	local kernel=$LINUX_CACHE/$ARCH/vmlinux
	[ -e "$kernel" ] || fetch_kernel || return 1
	echo "$kernel"
}

# Boots $KERNEL with our first process and these files; copies what lies between its marks. Gives its status.
# WHAT: command, terminal or cases, as init.c has them.
linux_boot() { # WHAT HOST:GUEST…
	local what=$1 spec line code=0 status=
	shift
	for spec in "$@"; do
		ADDS+=("$spec")
	done
	ADDS+=("$(build_dir "$ARCH")/tests/linux/init:/linux/init")
	prepare_rootfs
	qemu_command "${CPUS:-2}" "rdinit=/linux/init quiet loglevel=1 panic=-1 $APPEND -- $what"
	QEMU=("${QEMU[@]/#$(build_dir "$ARCH")\/Image/$KERNEL}")
	{ exec 5<&0; } 2>/dev/null || exec 5</dev/null
	boot_pipes "$SCRATCH/serial.log"
	while IFS= read -r line <&3; do
		line=${line%$'\r'}
		[ "$VERBOSE" = 0 ] || say "$line"
		[ "$line" != $'\036BEGIN' ] || break
	done
	if [ "$what" = terminal ]; then
		feed_input >&4 2>/dev/null 3<&- 4>&- &
		CHILDREN+=($!)
	fi
	linux_output "$what" "$SCRATCH/status" <&3
	status=$(cat "$SCRATCH/status")
	[ "$what" != terminal ] || kill "${CHILDREN[-1]}" 2>/dev/null
	boot_end || code=$?
	exec 5<&-
	[ "$code" != 124 ] && [ "$code" != 137 ] || { say "tests/linux/run: ended after $TIMEOUT s"; return $EXIT_TIMEOUT; }
	[ -n "$status" ] || { say "tests/linux/run: the guest ended early"; return $EXIT_PANIC; }
	return "$status"
}

# Copies up to the end mark, and the status in it to a file. A terminal's "\r\n" becomes "\n".
linux_output() { # WHAT STATUS-FILE
	perl -e '
		my ($what, $to) = @ARGV;
		$| = 1;
		my ($kept, $status) = ("", "");
		while (sysread(STDIN, my $bytes, 65536)) {
			$bytes = $kept . $bytes;
			$bytes =~ s/\r\n/\n/g if $what eq "terminal";
			$kept = "";
			if ($bytes =~ s/\036END (\d+)\r?\n.*//s) {
				print $bytes;
				$status = $1;
				last;
			}
			$kept = $1 if $bytes =~ s/(\036[^\n]*|\r)\z//;
			print $bytes;
		}
		print $kept;
		open(my $out, ">", $to);
		print $out $status;' "$@"
}
