/* seccomp: strict mode, filters, what they answer, who inherits them. */
#include "seccomp.h"

/* --- strict --- */

static void strict_good(void)
{
	CHECK_EQ(0, prctl(PR_GET_SECCOMP));
	CHECK_EQ(0, prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 99));
	CHECK_EQ(0, write(1, "", 0));
	syscall(SYS_exit, 7);
}

static void strict_bad(void)
{
	CHECK_EQ(0, seccomp(SECCOMP_SET_MODE_STRICT, 0, NULL));
	getpid();
	syscall(SYS_getppid);
	syscall(SYS_exit, 3);
}

static void strict(void)
{
	CHECK_EQ(7 << 8, status_of(strict_good));
	CHECK_EQ(SIGKILL, status_of(strict_bad));
}

/* --- arguments --- */

static void args_child(void)
{
	struct sock_filter allow[] = {GIVE(SECCOMP_RET_ALLOW)};
	struct sock_fprog p = {1, allow};
	uint32_t action = SECCOMP_RET_ALLOW;

	CHECK_ERRNO(EINVAL, seccomp(99, 0, NULL));
	CHECK_ERRNO(EINVAL, seccomp(SECCOMP_SET_MODE_STRICT, 1, NULL));
	CHECK_ERRNO(EINVAL, seccomp(SECCOMP_SET_MODE_STRICT, 0, &p));
	CHECK_ERRNO(EINVAL, seccomp(SECCOMP_SET_MODE_FILTER, 1u << 31, &p));
	CHECK_ERRNO(EFAULT, seccomp(SECCOMP_SET_MODE_FILTER, 0, NULL));
	p.len = 0;
	CHECK_ERRNO(EINVAL, seccomp(SECCOMP_SET_MODE_FILTER, 0, &p));
	p.len = 4097;
	CHECK_ERRNO(EINVAL, seccomp(SECCOMP_SET_MODE_FILTER, 0, &p));
	p = (struct sock_fprog){1, (void *)8};
	CHECK_ERRNO(EFAULT, seccomp(SECCOMP_SET_MODE_FILTER, 0, &p));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_SECCOMP, 3, &p));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_SECCOMP, 0, &p));
	CHECK_ERRNO(EFAULT, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 8));
	CHECK_EQ(0, seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action));
	action = SECCOMP_RET_KILL_PROCESS;
	CHECK_EQ(0, seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action));
	action = 0x12340000;
	CHECK_ERRNO(EOPNOTSUPP, seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action));
	CHECK_ERRNO(EINVAL, seccomp(SECCOMP_GET_ACTION_AVAIL, 1, &action));
	CHECK_ERRNO(EFAULT, seccomp(SECCOMP_GET_ACTION_AVAIL, 0, (void *)8));
	CHECK_EQ(0, setuid(1234));
	CHECK_ERRNO(EACCES, INSTALL(0, allow)); /* neither no_new_privs nor CAP_SYS_ADMIN */
	CHECK_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(0, INSTALL(0, allow));
	CHECK_EQ(2, prctl(PR_GET_SECCOMP));
	CHECK_ERRNO(EINVAL, prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)); /* for good */
	p = (struct sock_fprog){1, allow};
	CHECK_EQ(0, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p));
}

static void arguments(void)
{
	CHECK_CHILD(args_child);
}

static void check_bad(struct sock_filter *f, unsigned short len)
{
	CHECK_ERRNO(EINVAL, install(0, f, len));
}

#define BAD(...)                                                                                   \
	do {                                                                                       \
		struct sock_filter bad_[] = {__VA_ARGS__};                                         \
		check_bad(bad_, sizeof(bad_) / sizeof(bad_[0]));                                   \
	} while (0)

static void bad_child(void)
{
	BAD(BPF_STMT(BPF_LD | BPF_IMM, 0));                            /* no end */
	BAD(BPF_STMT(BPF_RET | BPF_X, 0));                             /* no such return */
	BAD(BPF_STMT(0xffff, 0), GIVE(0));                             /* no such code */
	BAD(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), GIVE(0));           /* bytes */
	BAD(BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), GIVE(0));           /* indirect */
	BAD(BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), GIVE(0));          /* packets only */
	BAD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), GIVE(0));          /* beyond */
	BAD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), GIVE(0));           /* unaligned */
	BAD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, -0x1000), GIVE(0));     /* ancillary */
	BAD(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), GIVE(0));          /* not for seccomp */
	BAD(BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), GIVE(0));          /* by zero */
	BAD(BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), GIVE(0));         /* too far */
	BAD(BPF_STMT(BPF_ST, 16), GIVE(0));                            /* beyond memory */
	BAD(BPF_STMT(BPF_LD | BPF_MEM, 0), GIVE(0));                   /* never written */
	BAD(BPF_STMT(BPF_JMP | BPF_JA, 1), GIVE(0));                   /* beyond the end */
	BAD(BPF_STMT(BPF_JMP | BPF_JA, -1), GIVE(0));                  /* back */
	BAD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), GIVE(0));    /* beyond the end */
	BAD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_X, 0, 0, 255), GIVE(0)); /* beyond the end */
	/* written on one of two ways only */
	BAD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_ST, 3),
	    BPF_STMT(BPF_LD | BPF_MEM, 3), GIVE(0));
	struct sock_filter good[] = {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
	    BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_STX, 3),
	    BPF_STMT(BPF_LDX | BPF_MEM, 3), BPF_STMT(BPF_MISC | BPF_TXA, 0),
	    BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ALLOW), BPF_STMT(BPF_RET | BPF_A, 0)};
	CHECK_EQ(0, INSTALL(0, good));
}

static void bad_programs(void)
{
	CHECK_CHILD(bad_child);
}

/* Arithmetic, by a filter whose answer is an error that a computation gives. */
static void check_value(unsigned want, struct sock_filter *f, unsigned short len)
{
	struct sock_filter all[32] = {LOAD(nr),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0), GIVE(SECCOMP_RET_ALLOW)};
	int status;

	memcpy(all + 3, f, len * sizeof(*f));
	all[3 + len] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff);
	all[4 + len] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
	all[5 + len] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(0, install(0, all, len + 6));
		CHECK_EQ(-1, syscall(SYS_getppid));
		CHECK_EQ(want, errno);
		_exit(0);
	}
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(0, status);
}

#define VALUE(want, ...)                                                                           \
	do {                                                                                       \
		struct sock_filter v_[] = {__VA_ARGS__};                                           \
		check_value(want, v_, sizeof(v_) / sizeof(v_[0]));                                 \
	} while (0)
#define A_IS(k)        BPF_STMT(BPF_LD | BPF_IMM, k)
#define X_IS(k)        BPF_STMT(BPF_LDX | BPF_IMM, k)
#define ALU(op, k)     BPF_STMT(BPF_ALU | (op) | BPF_K, k)
#define ALU_X(op)      BPF_STMT(BPF_ALU | (op) | BPF_X, 0)
#define TEST(op, k, t) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, 0, t)

static void arithmetic(void)
{
	VALUE(5, A_IS(2), ALU(BPF_ADD, 3));
	VALUE(0xff, A_IS(2), ALU(BPF_SUB, 3), ALU(BPF_RSH, 24));
	VALUE(42, A_IS(6), X_IS(7), ALU_X(BPF_MUL));
	VALUE(3, A_IS(-1), ALU(BPF_DIV, 0x55555555));
	VALUE(14, A_IS(100), X_IS(7), ALU_X(BPF_DIV));
	VALUE(0x0f, A_IS(0xf3), ALU(BPF_XOR, 0xfc));
	VALUE(0x73, A_IS(0x70), X_IS(3), ALU_X(BPF_OR));
	VALUE(0x30, A_IS(0xf3), ALU(BPF_AND, 0x3c));
	VALUE(0x20, A_IS(1), X_IS(5), ALU_X(BPF_LSH));
	VALUE(2, A_IS(1), X_IS(33), ALU_X(BPF_LSH)); /* modulo 32 */
	VALUE(7, A_IS(-7), BPF_STMT(BPF_ALU | BPF_NEG, 0));
	VALUE(64, BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0));
	VALUE(64, BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0));
	VALUE(9, A_IS(9), BPF_STMT(BPF_MISC | BPF_TAX, 0), A_IS(1), BPF_STMT(BPF_STX, 15), A_IS(2),
	    BPF_STMT(BPF_LD | BPF_MEM, 15));
	VALUE(1, A_IS(1), TEST(BPF_JEQ, 1, 1), BPF_STMT(BPF_JMP | BPF_JA, 1), A_IS(2));
	VALUE(1, A_IS(-1), TEST(BPF_JGT, 1, 1), ALU(BPF_RSH, 31)); /* unsigned */
	VALUE(2, A_IS(5), TEST(BPF_JGE, 6, 1), A_IS(1), ALU(BPF_AND, 2), ALU(BPF_OR, 2));
	VALUE(3, A_IS(4), TEST(BPF_JSET, 6, 1), A_IS(3));
}

/* A division by zero ends the program with 0: KILL_THREAD. */
static void zero_child(void)
{
	struct sock_filter f[] = {LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0),
	    GIVE(SECCOMP_RET_ALLOW), ALU_X(BPF_DIV), GIVE(SECCOMP_RET_ALLOW)};

	CHECK_EQ(0, INSTALL(0, f));
	syscall(SYS_getppid);
}

static void division_by_zero(void)
{
	CHECK_EQ(SIGSYS, status_of(zero_child) & 0x7f);
}

/* --- answers --- */

static void errno_child(void)
{
	struct sock_filter f[] = ONLY(SYS_getppid, SECCOMP_RET_ERRNO | 77);
	struct sock_filter big[] = ONLY(SYS_getpgid, SECCOMP_RET_ERRNO | 0xffff);
	struct sock_filter zero[] = ONLY(SYS_getsid, SECCOMP_RET_ERRNO);
	struct sock_filter trace[] = ONLY(SYS_getuid, SECCOMP_RET_TRACE | 5);
	struct sock_filter notify[] = ONLY(SYS_getgid, SECCOMP_RET_USER_NOTIF);
	struct sock_filter log[] = ONLY(SYS_getpid, SECCOMP_RET_LOG);
	struct sock_filter none[] = ONLY(-1, SECCOMP_RET_ERRNO | 55);

	CHECK_EQ(0, INSTALL(0, f));
	CHECK_ERRNO(77, syscall(SYS_getppid));
	CHECK_EQ(0, INSTALL(SECCOMP_FILTER_FLAG_SPEC_ALLOW, big));
	CHECK_EQ(0, INSTALL(SECCOMP_FILTER_FLAG_LOG, zero));
	CHECK_EQ(0, INSTALL(0, trace));
	CHECK_EQ(0, INSTALL(0, notify));
	CHECK_EQ(0, INSTALL(0, log));
	CHECK_EQ(0, INSTALL(0, none));
	CHECK_ERRNO(4095, syscall(SYS_getpgid, 0));
	CHECK_EQ(0, syscall(SYS_getsid, 0));
	CHECK_ERRNO(ENOSYS, syscall(SYS_getuid));
	CHECK_ERRNO(ENOSYS, syscall(SYS_getgid));
	CHECK(syscall(SYS_getpid) > 0);
	CHECK_ERRNO(55, syscall(-1));
	CHECK_ERRNO(77, syscall(SYS_getppid));
	CHECK_ERRNO(ENOSYS, syscall(9999));
}

static void answers(void)
{
	CHECK_CHILD(errno_child);
}

/* The lowest action wins, and among equals the newest filter. */
static void precedence_child(void)
{
	struct sock_filter first[] = ONLY(SYS_getppid, SECCOMP_RET_ERRNO | 1);
	struct sock_filter trap[] = ONLY(SYS_getppid, SECCOMP_RET_LOG);
	struct sock_filter last[] = ONLY(SYS_getppid, SECCOMP_RET_ERRNO | 3);

	CHECK_EQ(0, INSTALL(0, first));
	CHECK_EQ(0, INSTALL(0, trap));
	CHECK_ERRNO(1, syscall(SYS_getppid));
	CHECK_EQ(0, INSTALL(0, last));
	CHECK_ERRNO(3, syscall(SYS_getppid));
	struct sock_filter kill[] = ONLY(SYS_getppid, SECCOMP_RET_KILL_PROCESS);
	CHECK_EQ(0, INSTALL(0, kill));
	syscall(SYS_getppid);
}

static void precedence(void)
{
	CHECK_EQ(SIGSYS, status_of(precedence_child) & 0x7f);
}

static siginfo_t trapped;
static ucontext_t trapped_at;

static void on_sigsys(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	trapped = *info;
	trapped_at = *(ucontext_t *)uc;
#ifdef __riscv
	((ucontext_t *)uc)->uc_mcontext.__gregs[REG_A0] = 4242;
#endif
}

static void trap_child(void)
{
	struct sock_filter f[] = ONLY(SYS_getsid, SECCOMP_RET_TRAP | 0x1234);
	struct sigaction sa = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};

	CHECK_EQ(0, sigaction(SIGSYS, &sa, NULL));
	CHECK_EQ(0, INSTALL(0, f));
	long result = syscall(SYS_getsid, 0x55);
	CHECK_EQ(SIGSYS, trapped.si_signo);
	CHECK_EQ(1, trapped.si_code); /* SYS_SECCOMP */
	CHECK_EQ(0x1234, trapped.si_errno);
	CHECK_EQ(SYS_getsid, trapped.si_syscall);
#ifdef __riscv
	CHECK_EQ(AUDIT_ARCH_RISCV64, trapped.si_arch);
	CHECK_EQ(trapped_at.uc_mcontext.__gregs[REG_PC], (long)trapped.si_call_addr);
	CHECK_EQ(0x55, trapped_at.uc_mcontext.__gregs[REG_A0]);
	CHECK_EQ(SYS_getsid, trapped_at.uc_mcontext.__gregs[17]);
	CHECK_EQ(4242, result);
#endif
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	sigprocmask(SIG_BLOCK, &set, NULL);
	syscall(SYS_getsid, 0); /* forced although blocked */
}

static void trap(void)
{
	CHECK_EQ(SIGSYS, status_of(trap_child) & 0x7f);
}

/* The arguments, and where the call came from. */
static void data_child(void)
{
	struct sock_filter f[] = {LOAD(nr),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 1, 0), GIVE(SECCOMP_RET_ALLOW),
	    LOAD(args[1]), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x9abcdef0, 0, 4),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1]) + 4),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x12345678, 0, 2),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), GIVE(SECCOMP_RET_ERRNO | 1),
	    GIVE(SECCOMP_RET_ERRNO | 2)};

	CHECK_EQ(0, INSTALL(0, f));
	CHECK_ERRNO(2, syscall(SYS_getpriority, 0, 0x123456789abcdef0));
	CHECK_ERRNO(1, syscall(SYS_getpriority, 0, 0x123456799abcdef0));
}

static void data(void)
{
	CHECK_CHILD(data_child);
}

/* --- death --- */

static void handled(int sig)
{
	(void)sig;
	_exit(1);
}

static void kill_process_child(void)
{
	struct sock_filter f[] = ONLY(SYS_getppid, SECCOMP_RET_KILL_PROCESS);

	signal(SIGSYS, handled); /* is not asked */
	CHECK_EQ(0, INSTALL(0, f));
	syscall(SYS_getppid);
}

static void *call_getppid(void *arg)
{
	syscall(SYS_getppid);
	return arg;
}

static void kill_thread_child(void)
{
	struct sock_filter f[] = ONLY(SYS_getppid, SECCOMP_RET_KILL_THREAD);
	pthread_t t;

	CHECK_EQ(0, INSTALL(0, f));
	CHECK_EQ(0, pthread_create(&t, NULL, call_getppid, NULL));
	CHECK_EQ(0, pthread_join(t, NULL)); /* the thread is gone, we are not */
	_exit(5);
}

static void kill_last_thread(void)
{
	struct sock_filter f[] = ONLY(SYS_getppid, SECCOMP_RET_KILL_THREAD);

	signal(SIGSYS, handled);
	CHECK_EQ(0, INSTALL(0, f));
	syscall(SYS_getppid);
}

static void unknown_action(void)
{
	struct sock_filter f[] = ONLY(SYS_getppid, 0x00010000);

	CHECK_EQ(0, INSTALL(0, f));
	syscall(SYS_getppid);
}

static void death(void)
{
	CHECK_EQ(SIGSYS, status_of(kill_process_child) & 0x7f);
	CHECK_EQ(5 << 8, status_of(kill_thread_child));
	CHECK_EQ(SIGSYS, status_of(kill_last_thread) & 0x7f);
	CHECK_EQ(SIGSYS, status_of(unknown_action) & 0x7f);
}

/* --- inheritance --- */

static void check_refused(void)
{
	CHECK_ERRNO(33, syscall(SYS_getppid));
	char text[3000] = "";
	int fd = open("/proc/self/status", O_RDONLY);

	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	CHECK(strstr(text, "\nSeccomp:\t2\nSeccomp_filters:\t1\n"));
	CHECK(strstr(text, "\nNoNewPrivs:\t1\n"));
	close(fd);
}

static void refused(void)
{
	check_refused();
	_exit(0);
}

static void inherit_child(void)
{
	struct sock_filter f[] = ONLY(SYS_getppid, SECCOMP_RET_ERRNO | 33);

	CHECK_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(0, INSTALL(0, f));
	check_refused();
	CHECK_CHILD(check_refused);
	execl("/proc/self/exe", "seccomp", "refused", NULL);
	FAIL("exec");
}

static void inherited(void)
{
	CHECK_CHILD(inherit_child);
}

SUBCOMMANDS({"strict", strict}, {"arguments", arguments}, {"bad_programs", bad_programs},
    {"arithmetic", arithmetic}, {"division_by_zero", division_by_zero}, {"answers", answers},
    {"precedence", precedence}, {"trap", trap}, {"data", data}, {"death", death},
    {"inherited", inherited}, {"refused", refused})
