/*
 * Forged signal frames (sigreturn(2)): what rt_sigreturn is given has been corrupted at random. The
 * program may die of it; it may not come back with more rights than a program has, nor with less of
 * a machine than it had.
 */
#include "seccomp.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>

#ifdef __riscv

#define STACK      65536
#define FRAME_SIZE (sizeof(siginfo_t) + sizeof(ucontext_t))

static unsigned char frame[FRAME_SIZE]; /* a valid one, that continues at `survived` */
static unsigned char place[STACK] __attribute__((aligned(4096)));
static unsigned char alternate[STACK] __attribute__((aligned(4096)));
static uint64_t state;
static struct progress {
	volatile long tried;
} *progress;

/* In assembly, as they run with registers that may hold anything. */
extern char survived[], recovered[];
void leave_with(void *sp);
uint64_t saved[16]; /* sp, gp, tp, s0 … s11 and ra of try_frame's caller */

/*
 * leave_with(sp): keeps the caller's registers, takes this stack pointer and calls rt_sigreturn.
 * Where the frame is whole it goes on at `survived`; a fault's handler, `recovered`, restores the
 * registers too: leave_with returns either way.
 */
__asm__(".option push\n.option norelax\n"
	".globl leave_with, survived, recovered\n"
	"leave_with:\n"
	"	la t0, saved\n"
	"	sd sp, 0(t0)\n	sd gp, 8(t0)\n	sd tp, 16(t0)\n	sd s0, 24(t0)\n"
	"	sd s1, 32(t0)\n	sd s2, 40(t0)\n	sd s3, 48(t0)\n	sd s4, 56(t0)\n"
	"	sd s5, 64(t0)\n	sd s6, 72(t0)\n	sd s7, 80(t0)\n	sd s8, 88(t0)\n"
	"	sd s9, 96(t0)\n	sd s10, 104(t0)\n	sd s11, 112(t0)\n	sd ra, 120(t0)\n"
	"	mv sp, a0\n"
	"	li a7, 139\n" /* rt_sigreturn */
	"	ecall\n"
	"	ebreak\n"
	"survived:\n"
	"recovered:\n"
	"	la t0, saved\n"
	"	ld sp, 0(t0)\n	ld gp, 8(t0)\n	ld tp, 16(t0)\n	ld s0, 24(t0)\n"
	"	ld s1, 32(t0)\n	ld s2, 40(t0)\n	ld s3, 48(t0)\n	ld s4, 56(t0)\n"
	"	ld s5, 64(t0)\n	ld s6, 72(t0)\n	ld s7, 80(t0)\n	ld s8, 88(t0)\n"
	"	ld s9, 96(t0)\n	ld s10, 104(t0)\n	ld s11, 112(t0)\n	ld ra, 120(t0)\n"
	"	ret\n"
	".option pop\n");

static unsigned below(unsigned n)
{
	state += 0x9e3779b97f4a7c15ULL;
	uint64_t x = state;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
	return (unsigned)((x ^ x >> 31) >> 33) % n;
}

static void keep_frame(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	memcpy(frame, info, FRAME_SIZE);
	uc = (ucontext_t *)(frame + ((char *)uc - (char *)info));
	uc->uc_mcontext.__gregs[0] = (unsigned long)survived;
}

static void handle_with(int sig, void *fn)
{
	struct sigaction sa = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

	sa.sa_sigaction = (void (*)(int, siginfo_t *, void *))fn;
	CHECK_EQ(0, sigaction(sig, &sa, NULL));
}

static const uint64_t odd_values[] = {0, 1, 0x80000000, ~0ULL, 1ULL << 63, 1ULL << 38,
    (1ULL << 38) - 8, 0xffffffc080000000, 0xffffffff80000000, 0x8000000a00006020, 0x20, 0x100,
    0x40000, 0x7ff};

static void corrupt(unsigned char *at)
{
	for (unsigned k = 1 + below(1u << below(5)); k; k--) {
		unsigned where = below(3) ? sizeof(siginfo_t) + below(sizeof(ucontext_t))
					  : below(FRAME_SIZE);

		if (below(2))
			at[where] ^= (unsigned char)(1u << below(8));
		else if (below(2))
			at[where] = (unsigned char)below(256);
		else
			memcpy(at + (where & ~7u) % (FRAME_SIZE - 8),
			    &odd_values[below(sizeof(odd_values) / sizeof(odd_values[0]))], 8);
	}
}

/* Back from wherever that was: still a program, with its clock and its floating point. */
static void check_self(void)
{
	stack_t ss = {.ss_sp = alternate, .ss_size = STACK};
	sigset_t none;
	uint64_t time;
	volatile double half = 0.5;

	__asm__ volatile("rdtime %0" : "=r"(time));
	__asm__ volatile("fscsr zero" ::: "memory");
	CHECK(time && half + half == 1.0);
	sigemptyset(&none);
	CHECK_EQ(0, sigprocmask(SIG_SETMASK, &none, NULL));
	if (sigaltstack(&ss, NULL)) { /* the forged one holds our stack */
		CHECK_EQ(EPERM, errno);
		_exit(77);
	}
}

uint64_t resume;

static void step_over(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.__gregs[0] = resume;
}

/* A register of the supervisor's cannot be read, still. */
static void __attribute__((noinline)) check_unprivileged(void)
{
	uint64_t value = 4711;

	handle_with(SIGILL, step_over);
	__asm__ volatile("la t1, 1f\n	la t2, resume\n	sd t1, 0(t2)\n"
			 "	csrr %0, sstatus\n1:\n"
	    : "+r"(value)::"t1", "t2", "memory");
	handle_with(SIGILL, recovered);
	CHECK_EQ(4711, value);
}

/* Wherever it jumps to, it makes no calls but those that these tests make. */
static void allow_few_calls(void)
{
	static const unsigned allowed[] = {SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_rt_sigaction,
	    SYS_sigaltstack, SYS_write, SYS_exit_group};
	struct sock_filter f[2 * sizeof(allowed) / sizeof(allowed[0]) + 2];
	unsigned n = 0;

	f[n++] = (struct sock_filter)LOAD(nr);
	for (unsigned k = 0; k < sizeof(allowed) / sizeof(allowed[0]); k++) {
		f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[k], 0, 1);
		f[n++] = (struct sock_filter)GIVE(SECCOMP_RET_ALLOW);
	}
	f[n++] = (struct sock_filter)GIVE(SECCOMP_RET_TRAP);
	CHECK_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(0, install(0, f, (unsigned short)n));
}

static void be_ready(void)
{
	struct itimerval often = {{0, 20000}, {0, 20000}};
	struct rlimit none = {0, 0};
	stack_t ss = {.ss_sp = alternate, .ss_size = STACK};
	int null = open("/dev/null", O_WRONLY);

	CHECK_EQ(2, dup2(null, 2));
	setrlimit(RLIMIT_CORE, &none);
	CHECK_EQ(0, sigaltstack(&ss, NULL));
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			handle_with(sig, recovered);
	CHECK_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	allow_few_calls();
}

static void forge(long n)
{
	be_ready();
	while (progress->tried < n) {
		unsigned char *at = place + STACK / 2 - (below(8) ? 0 : below(64));

		memcpy(at, frame, FRAME_SIZE);
		corrupt(at);
		progress->tried++;
		leave_with(at);
		check_self();
		if (progress->tried % 16 == 0)
			check_unprivileged();
	}
	_exit(0);
}

/* Its end, by itself or because nothing has come of it for a while. */
static int end_of(pid_t pid)
{
	long seen = -1;
	int status;

	for (int idle = 0;; idle++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		if (progress->tried != seen)
			idle = 0;
		seen = progress->tried;
		if (idle > 50)
			kill(pid, SIGKILL);
		sleep_ms(10);
	}
}

static void random_frames(void)
{
	long n = nargs ? atol(args[0]) : 2000;

	state = nargs > 1 ? (uint64_t)atoll(args[1]) : 1;
	progress = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(progress != MAP_FAILED);
	handle_with(SIGUSR1, keep_frame);
	raise(SIGUSR1);
	while (progress->tried < n) {
		below(2);
		state += (uint64_t)progress->tried;
		fflush(stdout);
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid)
			forge(n);
		int status = end_of(pid);

		if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
			FAIL("after %ld frames", progress->tried);
	}
}

#else

static void random_frames(void)
{
}

#endif

/* Numbers that are no signals, in every call that takes one. */
static void bad_numbers(void)
{
	static const int numbers[] = {65, 265, -1, INT32_MAX, INT32_MIN};
	pid_t me = getpid();
	siginfo_t info = {.si_code = SI_QUEUE};
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL};
	struct sigaction sa = {.sa_handler = SIG_DFL};
	int fd = (int)syscall(SYS_pidfd_open, me, 0), timer;

	CHECK(fd >= 0);
	for (unsigned k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
		int sig = numbers[k];

		CHECK_ERRNO(EINVAL, syscall(SYS_kill, me, sig));
		CHECK_ERRNO(EINVAL, syscall(SYS_tkill, me, sig));
		CHECK_ERRNO(EINVAL, syscall(SYS_tgkill, me, me, sig));
		CHECK_ERRNO(EINVAL, syscall(SYS_rt_sigqueueinfo, me, sig, &info));
		CHECK_ERRNO(EINVAL, syscall(SYS_rt_tgsigqueueinfo, me, me, sig, &info));
		CHECK_ERRNO(EINVAL, syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0));
		CHECK_ERRNO(EINVAL, syscall(SYS_rt_sigaction, sig, &sa, NULL, 8));
		CHECK_ERRNO(EINVAL, prctl(PR_SET_PDEATHSIG, sig));
		CHECK_ERRNO(EINVAL, fcntl(1, F_SETSIG, sig));
		e.sigev_signo = sig;
		CHECK_ERRNO(EINVAL, syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &timer));
	}
	CHECK_ERRNO(EINVAL, syscall(SYS_rt_sigaction, 0, &sa, NULL, 8));
	CHECK_EQ(0, syscall(SYS_kill, me, 0));
	CHECK_EQ(0, syscall(SYS_tgkill, me, me, 0));
	close(fd);
}

static void bad_pids(void)
{
	siginfo_t info = {.si_code = SI_QUEUE};

	CHECK_ERRNO(ESRCH, syscall(SYS_kill, INT32_MIN, 0));
	CHECK_ERRNO(ESRCH, syscall(SYS_kill, -INT32_MAX, 0));
	CHECK_ERRNO(ESRCH, syscall(SYS_kill, INT32_MAX, 0));
	for (int k = 0; k < 3; k++) {
		int pid = k == 0 ? 0 : k == 1 ? -1 : INT32_MIN;

		CHECK_ERRNO(EINVAL, syscall(SYS_tkill, pid, 0));
		CHECK_ERRNO(EINVAL, syscall(SYS_tgkill, pid, getpid(), 0));
		CHECK_ERRNO(EINVAL, syscall(SYS_tgkill, getpid(), pid, 0));
		CHECK_ERRNO(EINVAL, syscall(SYS_rt_tgsigqueueinfo, pid, getpid(), SIGUSR1, &info));
		CHECK_ERRNO(ESRCH, syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info));
		CHECK_ERRNO(EINVAL, syscall(SYS_pidfd_open, pid, 0));
	}
}

SUBCOMMANDS({"random_frames", random_frames}, {"bad_numbers", bad_numbers}, {"bad_pids", bad_pids})
