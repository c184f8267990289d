/* Credentials: immutable, shared by reference, replaced whole (credentials(7), capabilities(7)). */
#pragma once

#include "lock.h"

#define CAP_FULL ((1ULL << 41) - 1)
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
	CAP_IPC_LOCK = 14,
	CAP_SYS_RAWIO = 17,
	CAP_SYS_CHROOT = 18,
	CAP_SYS_PTRACE = 19,
	CAP_SYS_ADMIN = 21,
	CAP_SYS_BOOT = 22,
	CAP_SYS_NICE = 23,
	CAP_SYS_RESOURCE = 24,
	CAP_SYS_TIME = 25,
	CAP_SYS_TTY_CONFIG = 26,
	CAP_MKNOD = 27,
	CAP_SYSLOG = 34
};

struct group_list {
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
void cred_install(struct cred *c);    /* for the current thread; takes over the reference */
void cred_set_groups(struct cred *c, struct group_list *g);       /* takes over the reference */
void cred_fix_caps(struct cred *changed, const struct cred *old); /* after a change of user ids */
bool cred_has_cap(const struct cred *c, int cap);
bool cred_in_group(const struct cred *c, uint32_t gid); /* fsgid included */
bool capable(int cap);                                  /* the current thread */
