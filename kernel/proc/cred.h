/* Credentials: immutable, shared by reference, replaced whole (credentials(7), capabilities(7)). */
#pragma once

#include "lock.h"

enum {
	CAP_CHOWN = 0,
	CAP_DAC_OVERRIDE = 1,
	CAP_DAC_READ_SEARCH = 2,
	CAP_FOWNER = 3,
	CAP_FSETID = 4,
	CAP_KILL = 5,
	CAP_SETGID = 6,
	CAP_SETUID = 7,
	CAP_SETPCAP = 8,
	CAP_LINUX_IMMUTABLE = 9,
	CAP_NET_BIND_SERVICE = 10,
	CAP_NET_BROADCAST = 11,
	CAP_NET_ADMIN = 12,
	CAP_NET_RAW = 13,
	CAP_IPC_LOCK = 14,
	CAP_IPC_OWNER = 15,
	CAP_SYS_MODULE = 16,
	CAP_SYS_RAWIO = 17,
	CAP_SYS_CHROOT = 18,
	CAP_SYS_PTRACE = 19,
	CAP_SYS_PACCT = 20,
	CAP_SYS_ADMIN = 21,
	CAP_SYS_BOOT = 22,
	CAP_SYS_NICE = 23,
	CAP_SYS_RESOURCE = 24,
	CAP_SYS_TIME = 25,
	CAP_SYS_TTY_CONFIG = 26,
	CAP_MKNOD = 27,
	CAP_LEASE = 28,
	CAP_AUDIT_WRITE = 29,
	CAP_AUDIT_CONTROL = 30,
	CAP_SETFCAP = 31,
	CAP_MAC_OVERRIDE = 32,
	CAP_MAC_ADMIN = 33,
	CAP_SYSLOG = 34,
	CAP_WAKE_ALARM = 35,
	CAP_BLOCK_SUSPEND = 36,
	CAP_AUDIT_READ = 37,
	CAP_PERFMON = 38,
	CAP_BPF = 39,
	CAP_CHECKPOINT_RESTORE = 40,
	CAP_LAST = CAP_CHECKPOINT_RESTORE,
};
#define CAP_BIT(cap) (1ULL << (cap))
#define CAP_FULL     (CAP_BIT(CAP_LAST + 1) - 1)

/* What files of the file system ids' owner are about: they follow fsuid (setfsuid(2)). */
#define CAP_FS_SET                                                                                 \
	(CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_MKNOD) | CAP_BIT(CAP_DAC_OVERRIDE) |                     \
	    CAP_BIT(CAP_DAC_READ_SEARCH) | CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_FSETID) |             \
	    CAP_BIT(CAP_MAC_OVERRIDE) | CAP_BIT(CAP_LINUX_IMMUTABLE))

/* securebits; the bit after each locks it. */
enum {
	SECURE_NOROOT = 1 << 0,
	SECURE_NO_SETUID_FIXUP = 1 << 2,
	SECURE_KEEP_CAPS = 1 << 4,
	SECURE_KEEP_CAPS_LOCKED = 1 << 5,
	SECURE_NO_CAP_AMBIENT_RAISE = 1 << 6,
	SECURE_ALL_BITS = 0x55,
	SECURE_ALL_LOCKS = 0xaa
};

#define CRED_GROUPS_MAX 65536
struct group_list { /* ascending */
	struct refcount refs;
	unsigned count;
	uint32_t gids[];
};

struct cred {
	struct refcount refs;
	uint32_t uid, euid, suid, fsuid;
	uint32_t gid, egid, sgid, fsgid;
	uint64_t cap_permitted, cap_effective, cap_inheritable, cap_bounding, cap_ambient;
	uint32_t securebits;
	struct group_list *groups; /* NULL: none */
};

extern const struct cred cred_root; /* never freed */
const struct cred *cred_get(const struct cred *c);
void cred_put(const struct cred *c);
struct cred *cred_copy(
    const struct cred *c) must_check; /* to be changed, then installed; NULL: no memory */
/* Installs `c` for the current thread and takes over the reference. More rights or other effective
 * ids make its memory private. */
void cred_install(struct cred *c);
void cred_set_groups(struct cred *c, struct group_list *g); /* takes over the reference */
/* What a change of the user ids, or of the file system's alone, does to capabilities. */
void cred_fix_caps(struct cred *changed, const struct cred *old);
void cred_fix_fs_caps(struct cred *changed, const struct cred *old);
bool cred_has_cap(const struct cred *c, int cap);
bool cred_in_group(const struct cred *c, uint32_t gid); /* fsgid included */
bool capable(int cap);                                  /* the current thread */
/* May the current thread change how one with the credentials `to` is scheduled: has that one no
 * capability permitted that this one lacks? */
bool cred_may_schedule(const struct cred *to);
/* The options of prctl(2) about capabilities; -ENOSYS for the others. */
int64_t cap_prctl(const uint64_t a[6]);

/* /proc/sys/fs/suid_dumpable: what programs that changed their credentials get. Atomic. */
extern int suid_dumpable;

/*
 * May the current thread look into `target` (PTRACE_ACCESS_READ) or take hold of it
 * (PTRACE_ACCESS_ATTACH)? ptrace(2), "Ptrace access mode checking". Calls that act by themselves
 * judge by the real ids (REALCREDS), files of /proc by the file system's (FSCREDS). A refusal is
 * EPERM, or EACCES from /proc. (task_lock)
 */
enum ptrace_access {
	PTRACE_ACCESS_READ = 1,
	PTRACE_ACCESS_ATTACH = 2,
	PTRACE_ACCESS_FSCREDS = 8,
	PTRACE_ACCESS_REALCREDS = 16,
};
struct thread;
struct process;
bool ptrace_may_access(const struct thread *target, unsigned mode);

/* How far attaching is restricted to descendants: Yama's kernel.yama.ptrace_scope. Atomic. */
enum ptrace_scope { SCOPE_CLASSIC, SCOPE_DESCENDANTS, SCOPE_CAPABLE, SCOPE_NONE };
extern int ptrace_scope;
/* Sets it for the current thread. 0, -EINVAL, -EPERM. SCOPE_NONE stays for good. */
int ptrace_scope_set(int scope);
/* prctl(PR_SET_PTRACER): who else may attach to the current process. 0 or -EINVAL. */
int ptrace_allow_tracer(uint64_t pid);
