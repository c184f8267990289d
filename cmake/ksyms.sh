#!/bin/bash
# ksyms.sh OUT ELF|-: writes the assembly of the kernel's own symbol table, of the symbols in ELF; "-" makes an empty
# table, for the first link. The table:
#	ksyms_count		8 bytes
#	ksyms_offsets[]		4 bytes each: address less that of _kernel_start; ascending
#	ksyms_sizes[]		4 bytes each; a symbol without a size reaches to the next
#	ksyms_name_offsets[]	4 bytes each: into ksyms_names
#	ksyms_names		names, each with a 0 after it
set -euo pipefail
symbols() { [ "$1" = - ] || llvm-nm-19 --numeric-sort --print-size --defined-only "$1"; }
symbols "$2" | awk '
	# "address size type name", or without the size; labels of the compiler and of the assembler are left out
	function add(addr, size, name) {
		if (name == "_kernel_start") start = addr
		addrs[n] = addr; sizes[n] = size; names[n] = name
		n++
	}
	function array(label) { printf "\t.globl %s\n%s:\n", label, label }
	NF == 4 && $3 ~ /^[tTrRdDbBwWvV]$/ && $4 !~ /^(\.|\$|__func__|__unnamed)/ { add($1, $2, $4) }
	NF == 3 && $2 ~ /^[tTrRdDbBwWvV]$/ && $3 !~ /^(\.|\$|__func__|__unnamed)/ { add($1, "", $3) }
	END {
		if (n && start == "") {
			print "ksyms: the kernel has no symbol _kernel_start" >"/dev/stderr"
			exit 1
		}
		# Symbols below the start (absolute ones) are not addresses.
		first = 0
		while (first < n && addrs[first] < start) first++
		print "\t.section .ksyms, \"a\"\n\t.balign 8"
		array("ksyms_count"); printf "\t.8byte %d\n", n - first
		array("ksyms_offsets")
		for (i = first; i < n; i++) printf "\t.4byte 0x%s - 0x%s\n", addrs[i], start
		array("ksyms_sizes")
		for (i = first; i < n; i++) {
			if (sizes[i] != "") printf "\t.4byte 0x%s\n", sizes[i]
			else if (i + 1 < n) printf "\t.4byte 0x%s - 0x%s\n", addrs[i + 1], addrs[i]
			else print "\t.4byte 0"
		}
		array("ksyms_name_offsets")
		for (i = first; i < n; i++) { printf "\t.4byte %d\n", at; at += length(names[i]) + 1 }
		array("ksyms_names")
		for (i = first; i < n; i++) printf "\t.asciz \"%s\"\n", names[i]
	}' >"$1"
