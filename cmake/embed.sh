#!/bin/bash
# embed.sh OUT ROOT FILE…: writes the assembly of embedded_files[] (lua/embedded.h): name, data (with a 0 after it), length.
set -euo pipefail
root=$2
exec >"$1"
shift 2
cat <<-END
	.section .rodata
	.balign 8
	.globl embedded_files, embedded_file_count
	.type embedded_files, %object
	embedded_files:
END
n=0
for file in "$@"; do
	printf '\t.8byte .Lname%d, .Ldata%d, .Lend%d - .Ldata%d\n' $n $n $n $n
	n=$((n + 1))
done
printf '\t.size embedded_files, . - embedded_files\n'
printf '\t.type embedded_file_count, %%object\nembedded_file_count:\n\t.4byte %d\n\t.size embedded_file_count, 4\n' $n
n=0
for file in "$@"; do
	printf '.Lname%d:\n\t.asciz "%s"\n.Ldata%d:\n\t.incbin "%s"\n.Lend%d:\n\t.byte 0\n' \
		$n "$file" $n "$root/$file" $n
	n=$((n + 1))
done
