/* What the files of this folder share and nobody else needs. */
#pragma once

#include "proc/process.h"
#include "seccomp/bpf.h"
#include "seccomp/seccomp.h"

enum {
	FLAG_TSYNC = 1,
	FLAG_LOG = 2,
	FLAG_SPEC_ALLOW = 4,
	FLAG_TSYNC_ESRCH = 16,
	FLAGS_KNOWN = FLAG_TSYNC | FLAG_LOG | FLAG_SPEC_ALLOW | FLAG_TSYNC_ESRCH
};

#define RET_KILL_PROCESS 0x80000000u
#define RET_KILL_THREAD  0x00000000u
#define RET_TRAP         0x00030000u
#define RET_ERRNO        0x00050000u
#define RET_USER_NOTIF   0x7fc00000u
#define RET_TRACE        0x7ff00000u
#define RET_LOG          0x7ffc0000u
#define RET_ALLOW        0x7fff0000u
#define RET_ACTION       0xffff0000u
#define RET_DATA         0x0000ffffu

struct seccomp_filter {
	struct refcount refs;
	bool log; /* FLAG_LOG: refusals are logged */
	struct seccomp_filter *older;
	unsigned len;
	struct bpf_insn program[];
};

/* From a struct sock_fprog in user memory, checked. ERR_PTR: -EFAULT, -EINVAL, -EACCES, -ENOMEM. */
struct seccomp_filter *filter_copy_in(uaddr_t fprog);
void filter_put(struct seccomp_filter *f);
/* Puts `f` before the current thread's filters, and with FLAG_TSYNC makes every thread of the
 * process have these. Takes over the reference if it returns 0; else -errno, or the tid of a thread
 * that cannot follow. */
int filter_attach(struct seccomp_filter *f, unsigned flags);
/* Puts a thread into this mode for good. (task_lock) */
void seccomp_assign(struct thread *t, enum seccomp_mode mode);
