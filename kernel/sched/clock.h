/* Clocks as programs name them. Private to kernel/sched. */
#pragma once

#include "abi/fs.h"
#include "abi/time.h"
#include "base.h"

/* What `clock` shows now, in ns; -EINVAL if there is no such clock. */
int clock_read(int clock, ns_t *out);
bool clock_is_cpu_time(int clock); /* of a process or thread */
/* How finely it is told; -EINVAL. */
int clock_resolution(int clock, ns_t *out);
/* Copies a timespec in and checks it. -EFAULT, -EINVAL. */
int timespec_copy_in(struct linux_timespec *ts, uaddr_t from);
int timespec_copy_out(uaddr_t to, ns_t ns);
