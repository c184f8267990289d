/* Capabilities, securebits, credentials over exec. Runs as root. */
#include "check.h"

#include <grp.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define V1 0x19980330
#define V2 0x20071026
#define V3 0x20080522
enum {
	CHOWN = 0,
	DAC_OVERRIDE = 1,
	FOWNER = 3,
	KILL = 5,
	SETUID = 7,
	SETPCAP = 8,
	NET_RAW = 13,
	SYS_ADMIN = 21,
	LAST = 40
};
#define BIT(cap) (1ULL << (cap))
#define ALL      (BIT(LAST + 1) - 1)
#define ANYBODY  1234

struct header {
	uint32_t version;
	int pid;
};
struct data {
	uint32_t effective, permitted, inheritable;
};
struct sets {
	uint64_t effective, permitted, inheritable;
};

static long capget_(struct header *h, struct data *d)
{
	return syscall(SYS_capget, h, d);
}

static long capset_(struct header *h, struct data *d)
{
	return syscall(SYS_capset, h, d);
}

static struct sets get(void)
{
	struct header h = {V3, 0};
	struct data d[2];

	CHECK_EQ(0, capget_(&h, d));
	return (struct sets){d[0].effective | (uint64_t)d[1].effective << 32,
	    d[0].permitted | (uint64_t)d[1].permitted << 32,
	    d[0].inheritable | (uint64_t)d[1].inheritable << 32};
}

static int set(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct header h = {V3, 0};
	struct data d[2] = {{(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
	    {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
		(uint32_t)(inheritable >> 32)}};

	return (int)capset_(&h, d);
}

static void all_children_well(void (*fn)(void))
{
	CHECK_EQ(0, in_child(fn));
}

static void versions(void)
{
	struct header h = {V3, 0};
	struct data d[2];

	memset(d, 0xaa, sizeof(d));
	CHECK_EQ(0, capget_(&h, d));
	CHECK_EQ(0xffffffffu, d[0].effective);
	CHECK_EQ(0x1ff, d[1].permitted);
	CHECK_EQ(0, d[0].inheritable);
	h.version = V2;
	CHECK_EQ(0, capget_(&h, d));
	h.version = V1;
	memset(d, 0xaa, sizeof(d));
	CHECK_EQ(0, capget_(&h, d));
	CHECK_EQ(0xffffffffu, d[0].permitted);
	CHECK_EQ(0xaaaaaaaau, d[1].permitted);
	h.version = 0;
	CHECK_ERRNO(EINVAL, capget_(&h, d));
	CHECK_EQ(V3, h.version);
	h.version = 1;
	CHECK_EQ(0, capget_(&h, NULL));
	CHECK_EQ(V3, h.version);
	h.version = 1;
	CHECK_ERRNO(EINVAL, capset_(&h, d));
	CHECK_ERRNO(EFAULT, capget_((void *)8, d));
	CHECK_ERRNO(EFAULT, capget_(&h, (void *)8));
	CHECK_ERRNO(EFAULT, capset_(&h, (void *)8));
}

static void others(void)
{
	struct header h = {V3, -1};
	struct data d[2];

	CHECK_ERRNO(EINVAL, capget_(&h, d));
	h.pid = 1234567;
	CHECK_ERRNO(ESRCH, capget_(&h, d));
	CHECK_ERRNO(EPERM, capset_(&h, d));
	h.pid = getppid();
	CHECK_EQ(0, capget_(&h, d));
	CHECK_ERRNO(EPERM, capset_(&h, d));
	h.pid = getpid();
	CHECK_EQ(0, capget_(&h, d));
	CHECK_EQ(0, capset_(&h, d));
}

static void capset_child(void)
{
	CHECK_ERRNO(EPERM, set(BIT(KILL), BIT(CHOWN), 0)); /* effective beyond permitted */
	CHECK_EQ(0, set(0, BIT(KILL) | BIT(SETPCAP), BIT(KILL)));
	CHECK_EQ(0, get().effective);
	CHECK_EQ(BIT(KILL), get().inheritable);
	CHECK_ERRNO(EPERM, set(0, ALL, 0));
	CHECK_ERRNO(EPERM, set(0, BIT(KILL) | BIT(SETPCAP), BIT(KILL) | BIT(CHOWN)));
	CHECK_EQ(0, set(BIT(SETPCAP), BIT(KILL) | BIT(SETPCAP), BIT(KILL)));
	CHECK_EQ(0, set(BIT(SETPCAP), BIT(KILL) | BIT(SETPCAP), BIT(KILL) | BIT(CHOWN)));
	CHECK_EQ(0, prctl(PR_CAPBSET_DROP, FOWNER));
	CHECK_ERRNO(EPERM,
	    set(BIT(SETPCAP), BIT(KILL) | BIT(SETPCAP), BIT(KILL) | BIT(CHOWN) | BIT(FOWNER)));
	CHECK_EQ(0, set(0, ~0ULL & get().permitted, 0));
	CHECK_EQ(0, set(0, 0, ~ALL)); /* bits that there are not are dropped */
	CHECK_EQ(0, get().inheritable);
}

static void capset_rules(void)
{
	all_children_well(capset_child);
}

static void setuid_plain(void)
{
	CHECK_EQ(0, seteuid(ANYBODY));
	CHECK_EQ(0, get().effective);
	CHECK_EQ(ALL, get().permitted);
	CHECK_EQ(0, seteuid(0));
	CHECK_EQ(ALL, get().effective);
	CHECK_EQ(0, setresuid(ANYBODY, ANYBODY, 0));
	CHECK_EQ(ALL, get().permitted);
	CHECK_EQ(0, setresuid(-1, 0, -1));
	CHECK_EQ(ALL, get().effective);
	CHECK_EQ(0, setuid(ANYBODY));
	CHECK_EQ(0, get().permitted);
	CHECK_ERRNO(EPERM, setuid(0));
	CHECK_EQ(0, prctl(PR_GET_DUMPABLE));
	CHECK_EQ(0, prctl(PR_SET_DUMPABLE, 1));
	CHECK_EQ(1, prctl(PR_GET_DUMPABLE));
}

static void setuid_keepcaps(void)
{
	CHECK_ERRNO(EINVAL, prctl(PR_SET_KEEPCAPS, 2));
	CHECK_EQ(0, prctl(PR_SET_KEEPCAPS, 1));
	CHECK_EQ(1, prctl(PR_GET_KEEPCAPS));
	CHECK_EQ(1 << 4, prctl(PR_GET_SECUREBITS));
	CHECK_EQ(0, setuid(ANYBODY));
	CHECK_EQ(ALL, get().permitted);
	CHECK_EQ(0, get().effective);
	CHECK_EQ(0, set(BIT(SETUID), ALL, 0));
	CHECK_EQ(0, setuid(4321));
	CHECK_EQ(BIT(SETUID), get().effective);
}

static void setuid_no_fixup(void)
{
	CHECK_EQ(0, prctl(PR_SET_SECUREBITS, 1 << 2));
	CHECK_EQ(0, setuid(ANYBODY));
	CHECK_EQ(ALL, get().permitted);
	CHECK_EQ(ALL, get().effective);
}

static void setuid_fs(void)
{
	CHECK_EQ(0, setfsuid(ANYBODY));
	CHECK_EQ(ANYBODY, setfsuid(-1));
	CHECK_EQ(0, get().effective & (BIT(CHOWN) | BIT(DAC_OVERRIDE) | BIT(FOWNER)));
	CHECK(get().effective & BIT(KILL));
	CHECK_EQ(ALL, get().permitted);
	CHECK_EQ(ANYBODY, setfsuid(0));
	CHECK_EQ(ALL, get().effective);
	CHECK_EQ(0, setfsgid(5));
	CHECK_EQ(5, setfsgid(-1));
}

static void setuid_effects(void)
{
	all_children_well(setuid_plain);
	all_children_well(setuid_keepcaps);
	all_children_well(setuid_no_fixup);
	all_children_well(setuid_fs);
}

static void bits_child(void)
{
	CHECK_EQ(0, prctl(PR_GET_SECUREBITS));
	CHECK_ERRNO(EPERM, prctl(PR_SET_SECUREBITS, 1 << 8));
	CHECK_EQ(0, prctl(PR_SET_SECUREBITS, 1 << 0 | 1 << 1 | 1 << 5));
	CHECK_ERRNO(EPERM, prctl(PR_SET_SECUREBITS, 1 << 0 | 1 << 5));
	CHECK_ERRNO(EPERM, prctl(PR_SET_SECUREBITS, 1 << 1 | 1 << 5));
	CHECK_ERRNO(EPERM, prctl(PR_SET_KEEPCAPS, 1));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_KEEPCAPS, 9));
	CHECK_EQ(0, set(0, 0, 0));
	CHECK_ERRNO(EPERM, prctl(PR_SET_SECUREBITS, 1 << 0 | 1 << 1 | 1 << 5));
	CHECK_EQ(0x23, prctl(PR_GET_SECUREBITS));
}

static void securebits(void)
{
	all_children_well(bits_child);
}

static void bounding_child(void)
{
	CHECK_EQ(1, prctl(PR_CAPBSET_READ, LAST));
	CHECK_ERRNO(EINVAL, prctl(PR_CAPBSET_READ, LAST + 1));
	CHECK_ERRNO(EINVAL, prctl(PR_CAPBSET_DROP, LAST + 1));
	CHECK_EQ(0, prctl(PR_CAPBSET_DROP, NET_RAW));
	CHECK_EQ(0, prctl(PR_CAPBSET_READ, NET_RAW));
	CHECK_EQ(ALL, get().permitted);
	CHECK_EQ(0, set(0, 0, 0));
	CHECK_ERRNO(EPERM, prctl(PR_CAPBSET_DROP, LAST + 1));
	CHECK_EQ(1, prctl(PR_CAPBSET_READ, KILL));
}

static void bounding(void)
{
	all_children_well(bounding_child);
}

static int ambient(int op, unsigned long cap)
{
	return prctl(PR_CAP_AMBIENT, op, cap, 0, 0);
}

static void ambient_child(void)
{
	CHECK_ERRNO(EPERM, ambient(PR_CAP_AMBIENT_RAISE, KILL)); /* not inheritable */
	CHECK_EQ(0, set(ALL, ALL, BIT(KILL) | BIT(CHOWN)));
	CHECK_EQ(0, ambient(PR_CAP_AMBIENT_RAISE, KILL));
	CHECK_EQ(0, ambient(PR_CAP_AMBIENT_RAISE, CHOWN));
	CHECK_EQ(1, ambient(PR_CAP_AMBIENT_IS_SET, KILL));
	CHECK_EQ(0, ambient(PR_CAP_AMBIENT_LOWER, CHOWN));
	CHECK_EQ(0, ambient(PR_CAP_AMBIENT_IS_SET, CHOWN));
	CHECK_ERRNO(EINVAL, ambient(PR_CAP_AMBIENT_IS_SET, LAST + 1));
	CHECK_ERRNO(EINVAL, ambient(9, KILL));
	CHECK_ERRNO(EINVAL, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, KILL, 1, 0));
	CHECK_ERRNO(EINVAL, ambient(PR_CAP_AMBIENT_CLEAR_ALL, 1));
	CHECK_EQ(0, set(ALL, ALL, 0)); /* what is not inheritable is not ambient either */
	CHECK_EQ(0, ambient(PR_CAP_AMBIENT_IS_SET, KILL));
	CHECK_EQ(0, set(ALL, ALL, BIT(KILL)));
	CHECK_EQ(0, ambient(PR_CAP_AMBIENT_RAISE, KILL));
	CHECK_EQ(0, ambient(PR_CAP_AMBIENT_CLEAR_ALL, 0));
	CHECK_EQ(0, ambient(PR_CAP_AMBIENT_IS_SET, KILL));
	CHECK_EQ(0, prctl(PR_SET_SECUREBITS, 1 << 6));
	CHECK_ERRNO(EPERM, ambient(PR_CAP_AMBIENT_RAISE, KILL));
}

static void ambient_set(void)
{
	all_children_well(ambient_child);
}

/* --- over exec --- */

static const char *program; /* a copy of this one */

/* What the program that was executed says about itself. */
struct told {
	unsigned uid, euid, suid, fsuid, egid;
	unsigned long effective, permitted, inheritable;
	unsigned secure, dumpable, keep;
};

static void tell(void)
{
	struct sets s = get();
	uid_t r, e, saved;

	getresuid(&r, &e, &saved);
	printf("%u %u %u %u %u %lx %lx %lx %lu %d %d\n", r, e, saved, (unsigned)setfsuid(-1),
	    getegid(), (long)s.effective, (long)s.permitted, (long)s.inheritable,
	    getauxval(AT_SECURE), prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS));
	fflush(stdout);
	_exit(0);
}

/* Runs the copy, as `prepare` leaves it, and gives what it tells. */
static struct told run_copy(void (*prepare)(void))
{
	struct told t;
	char text[200] = "";
	int p[2], status;

	CHECK_EQ(0, pipe(p));
	pid_t pid = fork();
	if (!pid) {
		dup2(p[1], 1);
		prepare();
		execl(program, program, "tell", NULL);
		FAIL("exec");
	}
	close(p[1]);
	ssize_t n = read(p[0], text, sizeof(text) - 1);
	close(p[0]);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	if (status || n <= 0 ||
	    sscanf(text, "%u %u %u %u %u %lx %lx %lx %u %u %u", &t.uid, &t.euid, &t.suid, &t.fsuid,
		&t.egid, &t.effective, &t.permitted, &t.inheritable, &t.secure, &t.dumpable,
		&t.keep) != 11)
		FAIL("the program said %s (status %x)", text, status);
	return t;
}

static void copy_self(unsigned mode)
{
	static char path[100], buf[65536];
	int from = open("/proc/self/exe", O_RDONLY), to;
	ssize_t n;

	enter_work_dir();
	CHECK_EQ(0, chmod(".", 0755));
	snprintf(path, sizeof(path), "%s/copy", work_dir);
	program = path;
	to = open(path, O_WRONLY | O_CREAT, 0755);
	CHECK(from >= 0 && to >= 0);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		CHECK_EQ(n, write(to, buf, n));
	close(from);
	close(to);
	CHECK_EQ(0, chmod(path, mode));
}

static void done(void)
{
	CHECK_EQ(0, unlink(program));
	leave_work_dir();
}

static void as_root(void)
{
}

static void as_anybody(void)
{
	CHECK_EQ(0, setgroups(0, NULL));
	CHECK_EQ(0, setgid(ANYBODY));
	CHECK_EQ(0, setuid(ANYBODY));
}

static void as_effective(void)
{
	CHECK_EQ(0, setresuid(ANYBODY, 0, 0));
}

static void exec_root(void)
{
	copy_self(0755);
	struct told t = run_copy(as_root);
	CHECK_EQ(ALL, t.effective);
	CHECK_EQ(0, t.secure);
	CHECK_EQ(1, t.dumpable);
	t = run_copy(as_anybody);
	CHECK_EQ(0, t.permitted);
	CHECK_EQ(0, t.secure);
	CHECK_EQ(1, t.dumpable);
	t = run_copy(as_effective);
	CHECK_EQ(ALL, t.effective);
	CHECK_EQ(1, t.secure);
	CHECK_EQ(0, t.dumpable);
	done();
}

static void with_keepcaps(void)
{
	CHECK_EQ(0, prctl(PR_SET_KEEPCAPS, 1));
	CHECK_EQ(0, setuid(ANYBODY));
	CHECK_EQ(0, set(ALL, ALL, ALL));
}

static void with_ambient(void)
{
	with_keepcaps();
	CHECK_EQ(0, ambient(PR_CAP_AMBIENT_RAISE, KILL));
}

static void with_noroot(void)
{
	CHECK_EQ(0, prctl(PR_SET_SECUREBITS, 1));
}

static void with_bounds(void)
{
	CHECK_EQ(0, prctl(PR_CAPBSET_DROP, NET_RAW));
}

static void exec_sets(void)
{
	copy_self(0755);
	struct told t = run_copy(with_keepcaps);
	CHECK_EQ(0, t.permitted);
	CHECK_EQ(ALL, t.inheritable);
	CHECK_EQ(0, t.keep);
	t = run_copy(with_ambient);
	CHECK_EQ(BIT(KILL), t.permitted);
	CHECK_EQ(BIT(KILL), t.effective);
	CHECK_EQ(0, t.secure);
	t = run_copy(with_noroot);
	CHECK_EQ(0, t.permitted);
	t = run_copy(with_bounds);
	CHECK_EQ(ALL & ~BIT(NET_RAW), t.permitted);
	done();
}

static void without_new_privileges(void)
{
	as_anybody();
	CHECK_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void ambient_anybody(void)
{
	with_ambient();
}

static void exec_setuid(void)
{
	copy_self(04755);
	struct told t = run_copy(as_anybody);
	CHECK_EQ(ANYBODY, t.uid);
	CHECK_EQ(0, t.euid);
	CHECK_EQ(0, t.suid);
	CHECK_EQ(0, t.fsuid);
	CHECK_EQ(ALL, t.effective);
	CHECK_EQ(1, t.secure);
	CHECK_EQ(0, t.dumpable);
	t = run_copy(without_new_privileges);
	CHECK_EQ(ANYBODY, t.euid);
	CHECK_EQ(0, t.permitted);
	CHECK_EQ(0, t.secure);
	CHECK_EQ(0, chown(program, 77, 88)); /* takes the bits away */
	t = run_copy(as_root);
	CHECK_EQ(0, t.euid);
	CHECK_EQ(0, chmod(program, 06755));
	t = run_copy(as_root);
	CHECK_EQ(77, t.euid);
	CHECK_EQ(88, t.egid);
	CHECK_EQ(ALL, t.permitted);
	CHECK_EQ(0, t.effective);
	CHECK_EQ(1, t.secure);
	t = run_copy(ambient_anybody); /* set-id bits cancel the ambient set */
	CHECK_EQ(77, t.euid);
	CHECK_EQ(0, t.permitted);
	CHECK_EQ(0, chmod(program, 02745)); /* no group execution: no set-group-ID */
	t = run_copy(as_root);
	CHECK_EQ(0, t.egid);
	done();
}

/* Executable, but not readable: nobody may look into it. */
static void exec_unreadable(void)
{
	copy_self(0711);
	struct told t = run_copy(as_anybody);
	CHECK_EQ(0, t.dumpable);
	t = run_copy(as_root);
	CHECK_EQ(1, t.dumpable);
	done();
}

/* --- RLIMIT_NPROC --- */

#define CROWD 5678

/* A child that is that user's. */
static pid_t start_other(void)
{
	char byte;
	int p[2];

	CHECK_EQ(0, pipe(p));
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(0, setresuid(CROWD, CROWD, CROWD));
		CHECK_EQ(0, prctl(PR_SET_PDEATHSIG, SIGKILL));
		CHECK_EQ(1, write(p[1], "x", 1));
		close(p[1]);
		for (;;)
			pause();
	}
	close(p[1]);
	CHECK_EQ(1, read(p[0], &byte, 1));
	close(p[0]);
	return pid;
}

static void nproc_child(void)
{
	struct rlimit one = {1, 1};
	pid_t others[2] = {start_other(), start_other()};

	CHECK_EQ(0, setrlimit(RLIMIT_NPROC, &one));
	CHECK_EQ(0, setresuid(CROWD, CROWD, 0));
	CHECK_ERRNO(EAGAIN, execl("/proc/self/exe", "x", "tell", NULL));
	CHECK_EQ(0, seteuid(0));
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(0, kill(others[i], SIGKILL));
		CHECK_EQ(others[i], waitpid(others[i], NULL, 0));
	}
	CHECK_EQ(2, dup2(1, 2));
	close(1);
	CHECK_EQ(1, open("/dev/null", O_WRONLY));
	execl("/proc/self/exe", "x", "tell", NULL);
	FAIL("exec");
}

static void nproc_exec(void)
{
	all_children_well(nproc_child);
}

/* --- who asks for what --- */

static void without(uint64_t gone)
{
	CHECK_EQ(0, set(ALL & ~gone, ALL & ~gone, 0));
}

static void missing_caps(void)
{
	struct rlimit r = {1, 1};

	CHECK_EQ(0, setrlimit(RLIMIT_MSGQUEUE, &r));
	without(
	    BIT(SYS_ADMIN) | BIT(24) | BIT(23) | BIT(18) | BIT(22) | BIT(34) | BIT(27) | BIT(25));
	r.rlim_max = 2;
	CHECK_ERRNO(EPERM, setrlimit(RLIMIT_MSGQUEUE, &r));
	CHECK_ERRNO(EPERM, sethostname("x", 1));
	CHECK_ERRNO(EPERM, syscall(SYS_setdomainname, "x", 1));
	CHECK_ERRNO(EPERM, chroot("/"));
	CHECK_ERRNO(EPERM, syscall(SYS_reboot, 1, 2, 3, 0));
	CHECK_ERRNO(EPERM, syscall(SYS_syslog, 10, NULL, 0));
	CHECK_ERRNO(EPERM, syscall(SYS_syslog, 99, NULL, 0));
	CHECK_ERRNO(EPERM, mknod("/tmp/cap.node", S_IFCHR | 0600, 0x103));
	CHECK_ERRNO(EACCES, setpriority(PRIO_PROCESS, 0, -1));
	struct timespec t = {1, 0};
	CHECK_ERRNO(EPERM, clock_settime(CLOCK_REALTIME, &t));
	CHECK_ERRNO(EPERM, syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL));
	without(ALL);
	CHECK_ERRNO(EPERM, setgroups(0, NULL));
	CHECK_ERRNO(EPERM, setuid(5));
	CHECK_ERRNO(EPERM, setresgid(5, 5, 5));
	int fd = make_file("/tmp/cap.file", "x");
	CHECK_EQ(0, fchmod(fd, 0));
	CHECK_ERRNO(EACCES, open("/tmp/cap.file", O_RDONLY));
	CHECK_ERRNO(EPERM, chown("/tmp/cap.file", 5, 5));
	CHECK_EQ(0, unlink("/tmp/cap.file"));
}

static void needed(void)
{
	mkdir("/tmp", 01777);
	all_children_well(missing_caps);
}

SUBCOMMANDS({"versions", versions}, {"others", others}, {"capset_rules", capset_rules},
    {"setuid_effects", setuid_effects}, {"securebits", securebits}, {"bounding", bounding},
    {"ambient", ambient_set}, {"exec_root", exec_root}, {"exec_sets", exec_sets},
    {"exec_setuid", exec_setuid}, {"exec_unreadable", exec_unreadable}, {"nproc_exec", nproc_exec},
    {"needed", needed}, {"tell", tell})
