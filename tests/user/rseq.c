/* rseq(2): registration, what the area tells, and sections that start over. */
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define UNREGISTER 1

struct area {
	volatile uint32_t cpu_start, cpu;
	volatile uint64_t section;
	volatile uint32_t flags, node, cid;
	uint32_t rest;
};

struct section {
	uint32_t version, flags;
	uint64_t start, length, abort;
};

static _Thread_local struct area mine __attribute__((aligned(32)));

static long rseq(void *area, uint32_t length, int flags, uint32_t signature)
{
	return syscall(SYS_rseq, area, length, flags, signature);
}

/* What the C library may have registered gives way. */
extern const unsigned __rseq_size __attribute__((weak));
extern const long __rseq_offset __attribute__((weak));

static void make_room(void)
{
	char *theirs;
	if (!&__rseq_size || !__rseq_size)
		return;
	theirs = (char *)__builtin_thread_pointer() + __rseq_offset;
	uint32_t signatures[] = {0xf1401073, 0x53053053};
	for (int i = 0; i < 2; i++)
		if (!rseq(theirs, 32, UNREGISTER, signatures[i]))
			return;
	FAIL("the C library's area stays");
}

static void use_mine(uint32_t signature)
{
	make_room();
	mine.cpu_start = mine.cpu = mine.node = mine.cid = 1234;
	mine.section = 1; /* registration clears it */
	CHECK_EQ(0, rseq(&mine, 32, 0, signature));
	CHECK_EQ(0, mine.section);
}

static void pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_EQ(0, sched_setaffinity(0, sizeof(set), &set));
}

static void calls(void)
{
	static char large[96] __attribute__((aligned(64)));
	make_room();
	CHECK_ERRNO(EINVAL, rseq(&mine, 32, UNREGISTER, 5));
	CHECK_ERRNO(EINVAL, rseq(NULL, 32, UNREGISTER, 0));
	CHECK_ERRNO(EINVAL, rseq(&mine, 32, 2, 5));
	CHECK_ERRNO(EINVAL, rseq(&mine, 32, 3, 5));
	CHECK_ERRNO(EINVAL, rseq(&mine, 28, 0, 5));
	CHECK_ERRNO(EINVAL, rseq(&mine, 31, 0, 5));
	CHECK_ERRNO(EINVAL, rseq((char *)&mine + 8, 32, 0, 5));
	CHECK_ERRNO(EINVAL, rseq(large + 16, 64, 0, 5));
	CHECK_ERRNO(EFAULT, rseq(NULL, 32, 0, 5));
	CHECK_ERRNO(EFAULT, rseq((void *)4096, 32, 0, 5));
	CHECK_ERRNO(EFAULT, rseq((void *)-64L, 32, 0, 5));
	CHECK_EQ(0, rseq(&mine, 32, 0, 5));
	CHECK_ERRNO(EBUSY, rseq(&mine, 32, 0, 5));
	CHECK_ERRNO(EPERM, rseq(&mine, 32, 0, 6));
	CHECK_ERRNO(EINVAL, rseq(&mine, 64, 0, 5));
	CHECK_ERRNO(EINVAL, rseq(large, 32, 0, 5));
	CHECK_ERRNO(EINVAL, rseq(large, 32, UNREGISTER, 5));
	CHECK_ERRNO(EINVAL, rseq(&mine, 64, UNREGISTER, 5));
	CHECK_ERRNO(EPERM, rseq(&mine, 32, UNREGISTER, 6));
	CHECK_EQ(0, rseq(&mine, 32, UNREGISTER, 5));
	CHECK_EQ(0, mine.cpu_start);
	CHECK_EQ(UINT32_MAX, mine.cpu);
	CHECK_EQ(0, rseq(large, 64, 0, 5));
	CHECK_ERRNO(EBUSY, rseq(large, 64, 0, 5));
	CHECK_EQ(0, rseq(large, 64, UNREGISTER, 5));
}

static void place(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	use_mine(5);
	CHECK_EQ(0, mine.node);
	CHECK_EQ(0, mine.cid); /* the only thread */
	for (int round = 0; round < 20; round++)
		for (int i = 0; i < cpus; i++) {
			pin(i);
			CHECK_EQ(i, mine.cpu);
			CHECK_EQ(i, mine.cpu_start);
			unsigned cpu, node;
			CHECK_EQ(0, syscall(SYS_getcpu, &cpu, &node, NULL));
			CHECK_EQ(cpu, mine.cpu);
			CHECK_EQ(0, mine.cid);
		}
}

/* Ids stay below the number of threads; the two CPU numbers are the same. */
#define THREADS 4
static int entered[THREADS];

/* Unless the thread is moved between two looks at them. */
static void check_cpu_numbers(void)
{
	uint32_t cpu, start;
	int looks = 0;

	do {
		start = mine.cpu_start;
		cpu = mine.cpu;
	} while (start != cpu && ++looks < 1000);
	CHECK_EQ(start, cpu);
}

static void *lives(void *arg)
{
	use_mine(5);
	__atomic_fetch_add(&entered[0], 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&entered[0], __ATOMIC_SEQ_CST) < THREADS) {
		CHECK(mine.cid < THREADS + 1);
		sched_yield();
	}
	for (int i = 0; i < 2000; i++) {
		CHECK(mine.cid < THREADS + 1);
		check_cpu_numbers();
		if (i % 100 == 0)
			sched_yield();
	}
	return arg;
}

static void ids(void)
{
	pthread_t t[THREADS];
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(0, pthread_create(&t[i], NULL, lives, NULL));
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(0, pthread_join(t[i], NULL));
}

/* --- sections --- */

/* All of this part of the program is one section. */
static _Thread_local sigjmp_buf back;
static volatile int inside, leave;

/* Sets the area's pointer from inside, and again and again: what comes before it is entered clears
 * the pointer. */
static void __attribute__((noinline, section("critical"))) stay(uint64_t section)
{
	inside = 1;
	while (!leave)
		mine.section = section;
}
extern const char __start_critical[], __stop_critical[];

static void __attribute__((noinline)) landing(void)
{
	siglongjmp(back, 1);
}

/* The word before the abort address is the signature, whatever it is. */
static uint32_t signature(void)
{
	volatile uintptr_t before = (uintptr_t)landing - 4; /* no object the compiler knows */
	uint32_t word;
	memcpy(&word, (const void *)before, sizeof(word));
	return word;
}

static struct section whole(void)
{
	return (struct section){.start = (uintptr_t)__start_critical,
	    .length = (uint64_t)(__stop_critical - __start_critical),
	    .abort = (uintptr_t)landing};
}

/* Until something interrupts it. */
static void stay_until_aborted(struct section *s)
{
	if (!sigsetjmp(back, 1)) {
		stay((uintptr_t)s);
		FAIL("not aborted");
	}
	CHECK_EQ(0, mine.section);
}

static volatile uint64_t seen_section;
static volatile int handled;

static void note(int sig)
{
	(void)sig;
	seen_section |= mine.section;
	handled++;
}

static void on_alarm(void)
{
	struct sigaction sa = {.sa_handler = note};
	struct itimerval soon = {{0, 20000}, {0, 20000}};
	CHECK_EQ(0, sigaction(SIGALRM, &sa, NULL));
	CHECK_EQ(0, setitimer(ITIMER_REAL, &soon, NULL));
}

static void by_signal(void)
{
	struct section s = whole();
	const struct itimerval off = {0};
	use_mine(signature());
	on_alarm();
	while (!handled) /* the end of a time slice too may abort it */
		stay_until_aborted(&s);
	CHECK_EQ(0, setitimer(ITIMER_REAL, &off, NULL));
	CHECK_EQ(0, seen_section);
	/* A signal outside of the section clears it, and nothing else happens. */
	handled = 0;
	mine.section = (uintptr_t)&s;
	CHECK_EQ(0, raise(SIGALRM));
	CHECK_EQ(1, handled);
	CHECK_EQ(0, seen_section);
	CHECK_EQ(0, mine.section);
	CHECK_EQ(0, rseq(&mine, 32, UNREGISTER, signature()));
}

static volatile int stop;

static void *spins(void *arg)
{
	pin(0);
	while (!stop)
		;
	return arg;
}

static void preempted(void)
{
	struct section s = whole();
	pthread_t t;
	pin(0);
	use_mine(signature());
	CHECK_EQ(0, pthread_create(&t, NULL, spins, NULL));
	for (int i = 0; i < 5; i++)
		stay_until_aborted(&s);
	stop = 1;
	CHECK_EQ(0, pthread_join(t, NULL));
	CHECK_EQ(0, mine.cpu);
}

static void *in_section(void *arg)
{
	struct section s = whole();
	use_mine(signature());
	stay_until_aborted(&s);
	stop = 1;
	return arg;
}

static void barrier(void)
{
	pthread_t t;
	CHECK_EQ(0, syscall(SYS_membarrier, 256, 0, 0));
	CHECK_EQ(0, pthread_create(&t, NULL, in_section, NULL));
	while (!inside)
		sched_yield();
	while (!stop) {
		CHECK_EQ(0, syscall(SYS_membarrier, 128, 0, 0));
		sched_yield();
	}
	CHECK_EQ(0, pthread_join(t, NULL));
}

/* --- what is wrong with it kills --- */

static struct section broken;
static volatile uint32_t bad_flags;
static uint64_t at;

static void dies(void)
{
	use_mine(signature());
	mine.flags = bad_flags;
	on_alarm();
	stay(at ? at : (uintptr_t)&broken);
}

static void check_dies(const char *what)
{
	int status = in_child(dies);
	if ((status & 127) != SIGSEGV)
		FAIL("%s: status %#x", what, status);
	broken = whole();
	at = 0;
	bad_flags = 0;
}

static void unwritable(void)
{
	void *a = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	make_room();
	(void)!rseq(a, 32, 0, 5);
}

static void bad(void)
{
	CHECK_EQ(SIGSEGV, in_child(unwritable) & 127);
	broken = whole();
	broken.version = 1;
	check_dies("version");
	broken.flags = 1;
	check_dies("section's flags");
	broken.flags = 8;
	check_dies("unknown flags");
	bad_flags = 1;
	check_dies("area's flags");
	broken.abort = broken.start + 4; /* inside */
	check_dies("abort address inside");
	broken.abort += 4; /* another word is before it */
	check_dies("signature");
	broken.abort = 8;
	check_dies("abort address unmapped");
	broken.abort = UINT64_MAX;
	check_dies("abort address of the kernel");
	broken.start = UINT64_MAX - 8;
	check_dies("start of the kernel");
	broken.length = UINT64_MAX;
	check_dies("length");
	at = 8;
	check_dies("section unmapped");
	at = UINT64_MAX - 64;
	check_dies("section of the kernel");
}

/* --- fork, clone, and areas that go away --- */

static void in_copy(void)
{
	CHECK(mine.cpu < 4096);
	CHECK_EQ(0, mine.cid);
	CHECK_ERRNO(EBUSY, rseq(&mine, 32, 0, 5));
	pin(0);
	CHECK_EQ(0, mine.cpu);
	CHECK_EQ(0, rseq(&mine, 32, UNREGISTER, 5));
}

static int in_shared(void *arg)
{
	(void)arg;
	return rseq(&mine, 32, UNREGISTER, 5) == -1 && errno == EINVAL ? 0 : 1;
}

static void loses_area(void)
{
	struct area *a = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	make_room();
	CHECK_EQ(0, rseq(a, 32, 0, 5));
	munmap(a, 4096);
	for (;;)
		sleep_ms(1); /* switched out, and nowhere to tell */
}

static void inherited(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status;
	use_mine(5);
	CHECK_EQ(0, in_child(in_copy));
	CHECK_ERRNO(EBUSY, rseq(&mine, 32, 0, 5));
	pid_t pid = clone(in_shared, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
	CHECK_EQ(0, rseq(&mine, 32, UNREGISTER, 5));
	CHECK_EQ(SIGSEGV, in_child(loses_area) & 127);
}

SUBCOMMANDS({"calls", calls}, {"place", place}, {"ids", ids}, {"signal", by_signal},
    {"preempted", preempted}, {"barrier", barrier}, {"bad", bad}, {"inherited", inherited})
