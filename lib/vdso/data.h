/* The page that the kernel shares with every program's vDSO, which reads it without a system call.
 */
#pragma once

#include <stdint.h>

/*
 * Time since boot is (counter - start) * factor >> 32, in ns. `seq` is odd while the kernel
 * writes: a reader that sees it odd, or changed, reads again.
 */
struct vdso_data {
	uint32_t seq;
	uint64_t start, factor;  /* constant after boot */
	int64_t realtime_offset; /* real time less time since boot, ns */
};
