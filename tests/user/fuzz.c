/*
 * Random system calls. fuzz run SEED CALLS PROCESSES: that many calls in all, by that many
 * processes at a time, each of three threads, half of them not root, in a root directory of their
 * own. Whatever the calls say, the kernel has to live, every process has to die when it is killed,
 * and nothing may be left behind. The calls of a process are a function of SEED and of how many
 * processes were before it.
 *
 * Left out is what would end the machine or the test, or change them for good: see forbidden().
 */
#include "fuzz_calls.h"
#include "fuzz_world.h"

#include <dirent.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sys/prctl.h>

#define MAX_WORKERS   FUZZ_PIDS
#define THREADS       3
#define CALLS_EACH    400 /* of a thread, before its process ends */
#define STUCK_MS      300
#define KILL_LIMIT_MS 20000
#define TELL_MS       10000 /* a line of output as often */
#define IDLE_MS       30000 /* without a call of anybody's */

/* What a worker that cannot begin ends with. */
enum { NOT_IN_ROOT = 101, NOT_KEPT_IN, NOT_UNPRIVILEGED };

static int root_fd; /* the sandbox's root directory */

/* Shared by all: what the driver sees of a process. */
struct slot {
	uint64_t done;            /* calls, of all that were in this slot */
	uint64_t now[THREADS][7]; /* the call in progress, and its arguments */
};
static struct slot *slots;
static pid_t *pids;
static uint64_t seed;

/* --- one call --- */

/* As syscall(2), but a child that shares our memory ends at once, without touching the stack. */
static long raw_call(const uint64_t v[7])
{
#ifdef __riscv
	register long a7 asm("a7") = (long)v[0], a0 asm("a0") = (long)v[1],
			 a1 asm("a1") = (long)v[2], a2 asm("a2") = (long)v[3],
			 a3 asm("a3") = (long)v[4], a4 asm("a4") = (long)v[5],
			 a5 asm("a5") = (long)v[6];
	bool shares = a7 == SYS_clone && (a0 & CLONE_VM);

	if (a7 == SYS_clone3)
		shares = true;
	if (!shares) {
		asm volatile("ecall"
		    : "+r"(a0)
		    : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
		    : "memory");
		return a0;
	}
	asm volatile("ecall\n\tbnez a0, 1f\n\tli a7, %6\n\tecall\n\tebreak\n1:"
	    : "+r"(a0), "+r"(a7)
	    : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "i"(SYS_exit), "r"(a5)
	    : "memory");
	return a0;
#else
#error "raw_call: say how this architecture enters the kernel"
#endif
}

static bool named(const struct call *c, const char *const *list)
{
	while (*list && strcmp(*list, c->name))
		list++;
	return *list;
}

/* What a process of root's must not do: stop or reset the machine, set its clocks, touch what is
 * not ours. */
static bool forbidden(const struct call *c)
{
	static const char *const never[] = {"reboot", "kexec_load", "kexec_file_load",
	    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "setpriority",
	    "ioprio_set", "swapon", "swapoff", "acct", "init_module", "finit_module",
	    "delete_module", "vhangup", "bpf", "open_by_handle_at", NULL};

	return named(c, never) && geteuid() == 0;
}

/* Those that end us are rare. */
static bool unwanted(struct fuzz *f, const struct call *c)
{
	static const char *const ends[] = {
	    "exit", "exit_group", "rt_sigreturn", "execve", "execveat", "seccomp", NULL};

	return forbidden(c) || (named(c, ends) && !one_in(f, 20));
}

static const struct call *choose(struct fuzz *f)
{
	static const struct call unknown[] = {
	    {244, 6, false, "", ""}, {449, 6, false, "", ""}, {2000, 6, false, "", ""}};
	const struct call *c;

	if (one_in(f, 200))
		return &PICK(f, unknown);
	do
		c = &calls[below(f, CALLS)];
	while ((!c->there && !one_in(f, 8)) || unwanted(f, c));
	return c;
}

static void one_call(struct fuzz *f, struct slot *s, uint64_t now[7])
{
	const struct call *c = choose(f);
	pid_t self = getpid();

	now[0] = c->number;
	for (unsigned i = 0; i < 6; i++)
		now[i + 1] = argument(f, c, i);
	raw_call(now);
	if (getpid() != self) { /* a child with memory of its own */
		for (int i = 0; i < 10; i++) {
			uint64_t mine[7];
			f->state += 1;
			one_call(f, s, mine);
		}
		_exit(0);
	}
	__atomic_fetch_add(&s->done, 1, __ATOMIC_RELAXED);
}

/* --- a process --- */

struct thread_start {
	struct fuzz fuzz;
	struct slot *slot;
	int index;
};

static void nothing(int sig)
{
	(void)sig;
}

/* A signal every few milliseconds ends calls that wait. The calls may have done away with it. */
static void arm(void)
{
	struct itimerval every = {{0, 5000}, {0, 5000}};
	struct sigaction act = {.sa_handler = nothing};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void *calls_of_thread(void *arg)
{
	struct thread_start *t = arg;

	for (int i = 0; i < CALLS_EACH; i++) {
		if (i % 8 == 0)
			arm();
		one_call(&t->fuzz, t->slot, t->slot->now[t->index]);
	}
	return NULL;
}

/*
 * By descriptor: others may have moved or covered what its path names, or taken its permissions.
 * For good: whoever may call chroot again leads itself out, and then takes the test's own files
 * away or makes other directories everybody's root.
 */
static void enter_root(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	if (fchmod(root_fd, 0777) || fchdir(root_fd) || chroot("."))
		_exit(NOT_IN_ROOT);
	close(root_fd);
	if (prctl(PR_CAPBSET_DROP, CAP_SYS_CHROOT) || syscall(SYS_capget, &header, caps))
		_exit(NOT_KEPT_IN);
	caps[0].effective &= ~(1U << CAP_SYS_CHROOT);
	caps[0].permitted &= ~(1U << CAP_SYS_CHROOT);
	if (syscall(SYS_capset, &header, caps))
		_exit(NOT_KEPT_IN);
}

static void worker(unsigned index, uint64_t number)
{
	static struct thread_start starts[THREADS];
	struct fuzz f = {.state = seed * 0x2545f4914f6cdd1dUL + number};

	setsid();
	enter_root();
	umask(0);
	for (int i = 1; i < 65; i++)
		signal(i, one_in(&f, 2) || i == SIGSEGV || i == SIGBUS ? SIG_DFL : SIG_IGN);
	if (one_in(&f, 2) && (setgid(65534) || setuid(65534)))
		_exit(NOT_UNPRIVILEGED);
	open_world();
	f.arena = make_arena();
	f.pids = pids;
	set_limits();
	arm();
	pthread_t id;
	for (int i = 0; i < THREADS; i++) {
		starts[i] = (struct thread_start){f, &slots[index], i};
		starts[i].fuzz.state ^= (uint64_t)i << 40;
		if (i > 0)
			pthread_create(&id, NULL, calls_of_thread, &starts[i]);
	}
	calls_of_thread(&starts[0]);
	_exit(0);
}

/* --- the driver --- */

struct watch {
	uint64_t seen;
	int64_t since, killed; /* milliseconds; 0: not yet */
};

static int64_t now_ms(void)
{
	return now_ns() / 1000000;
}

static void report_stuck(unsigned i)
{
	for (int t = 0; t < THREADS; t++) {
		const uint64_t *n = slots[i].now[t];
		for (size_t c = 0; c < CALLS; c++) {
			if (calls[c].number == n[0])
				printf("%s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)\n", calls[c].name,
				    n[1], n[2], n[3], n[4], n[5], n[6]);
		}
	}
	FAIL("process %d does not die", pids[i]);
}

/* Kills one that gets nowhere; it has to go. */
static void watch_over(unsigned i, struct watch *w)
{
	uint64_t done = __atomic_load_n(&slots[i].done, __ATOMIC_RELAXED);
	int64_t now = now_ms();

	if (w->killed) {
		if (now > w->killed + KILL_LIMIT_MS)
			report_stuck(i);
	} else if (done != w->seen) {
		w->seen = done;
		w->since = now;
	} else if (now > w->since + STUCK_MS) {
		kill(pids[i], SIGKILL);
		w->killed = now;
	}
}

static pid_t parent_of(const char *pid)
{
	char path[64], text[512];
	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	int fd = open(path, O_RDONLY), parent = 0;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = 0;
	const char *end = strrchr(text, ')');
	return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

static bool is_worker(pid_t pid)
{
	for (unsigned i = 0; i < MAX_WORKERS; i++) {
		if (pids[i] == pid)
			return true;
	}
	return false;
}

/* Those whose parents died became ours; so did those cloned as our children. */
static void kill_strays(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		pid_t pid = atoi(e->d_name);
		if (pid > 0 && !is_worker(pid) && parent_of(e->d_name) == getpid())
			kill(pid, SIGKILL);
	}
	if (d)
		closedir(d);
}

static void end_all(void)
{
	int64_t until = now_ms() + KILL_LIMIT_MS;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) >= 0 || errno != ECHILD) {
		if (pid > 0)
			continue;
		kill_strays();
		sleep_ms(1);
		if (now_ms() > until)
			FAIL("processes do not die");
	}
}

static int last_status; /* of whoever ended last */

/* A child ended: whose slot it had is free. */
static void reap(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, &last_status, WNOHANG | __WALL)) > 0) {
		for (unsigned i = 0; i < MAX_WORKERS; i++) {
			if (pids[i] == pid)
				pids[i] = 0;
		}
	}
}

static uint64_t calls_done(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < MAX_WORKERS; i++)
		sum += __atomic_load_n(&slots[i].done, __ATOMIC_RELAXED);
	return sum;
}

static void drive(uint64_t want, unsigned workers)
{
	struct watch watches[MAX_WORKERS] = {0};
	uint64_t started = 0, done, before = 0;
	int64_t told = now_ms(), moved = told;

	while ((done = calls_done()) < want) {
		reap();
		if (done != before)
			moved = now_ms();
		before = done;
		if (now_ms() > moved + IDLE_MS)
			FAIL("nobody makes calls: worker 0 is %d, the last to end had %#x", pids[0],
			    last_status);
		if (now_ms() > told + TELL_MS) {
			dprintf(1, "# %lu calls\n", done);
			told = now_ms();
		}
		if (started % 64 == 63)
			kill_strays();
		for (unsigned i = 0; i < workers; i++) {
			if (pids[i]) {
				watch_over(i, &watches[i]);
				continue;
			}
			watches[i] = (struct watch){slots[i].done, now_ms(), 0};
			pid_t pid = fork();
			if (!pid)
				worker(i, started);
			started++;
			pids[i] = pid > 0 ? pid : 0;
		}
		sleep_ms(2);
	}
}

/* What run() left for us, in the sandbox's own copy of this program. */
static void drive_calls(void)
{
	char host[65] = "";

	seed = strtoull(args[0], NULL, 0);
	unsigned workers = (unsigned)atoi(args[2]);
	CHECK(workers > 0 && workers <= MAX_WORKERS);
	size_t size = MAX_WORKERS * (sizeof(*slots) + sizeof(*pids));
	slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(slots != MAP_FAILED);
	pids = (pid_t *)(slots + MAX_WORKERS);
	root_fd = open(ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(root_fd >= 0);
	gethostname(host, sizeof(host));
	for (int i = 1; i < 65; i++)
		signal(i, i == SIGCHLD ? SIG_DFL : SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	drive(strtoull(args[1], NULL, 0), workers);
	memset(pids, 0, MAX_WORKERS * sizeof(*pids));
	end_all();
	remove_ipc();
	remove_queues();
	remove_sandbox();
	sethostname(host, strlen(host));
}

/* /proc/self/exe leads out of any root directory: what it names must be in the sandbox, too. */
static void run(void)
{
	CHECK_EQ(3, nargs);
	make_sandbox();
	copy_program("/tests/bin/hello", ROOT "/x");
	copy_program("/proc/self/exe", SANDBOX "/fuzz");
	execl(SANDBOX "/fuzz", "fuzz", "drive", args[0], args[1], args[2], NULL);
	FAIL("exec");
}

SUBCOMMANDS({"run", run}, {"drive", drive_calls})
