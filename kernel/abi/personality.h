/* personality(2): the execution domain and its flags. */
#pragma once

#define PER_LINUX32 0x0008
#define PER_MASK    0x00ff

#define UNAME26            0x0020000
#define ADDR_NO_RANDOMIZE  0x0040000
#define MMAP_PAGE_ZERO     0x0100000
#define ADDR_COMPAT_LAYOUT 0x0200000
#define READ_IMPLIES_EXEC  0x0400000

/* What a program with more rights than its starter does not inherit. */
#define PER_CLEAR_ON_SETID                                                                         \
	(READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO)
