/* What the programs about seccomp share. */
#pragma once

#include "check.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#define UNUSED __attribute__((unused))

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define GIVE(value) BPF_STMT(BPF_RET | BPF_K, value)
/* All calls pass, but `nr`, which gets the answer. */
#define ONLY(number, answer)                                                                       \
	{LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), GIVE(answer),              \
	    GIVE(SECCOMP_RET_ALLOW)}
#define INSTALL(flags, program) install((flags), (program), sizeof(program) / sizeof((program)[0]))

static long UNUSED seccomp(unsigned op, unsigned flags, void *arg)
{
	return syscall(SYS_seccomp, op, flags, arg);
}

static long UNUSED install(unsigned flags, struct sock_filter *f, unsigned short len)
{
	struct sock_fprog p = {len, f};

	return seccomp(SECCOMP_SET_MODE_FILTER, flags, &p);
}

static int UNUSED status_of(void (*fn)(void))
{
	return in_child(fn);
}

#define CHECK_CHILD(fn) CHECK_EQ(0, status_of(fn))
