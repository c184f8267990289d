/* seccomp: filters of many threads, many filters, random ones. */
#include "seccomp.h"

static void *call_getppid(void *arg)
{
	syscall(SYS_getppid);
	return arg;
}

/* --- TSYNC --- */

static int to_thread[2], from_thread[2];

/* Does what each byte says until the pipe ends. */
static void *worker(void *arg)
{
	struct sock_filter own[] = ONLY(SYS_getsid, SECCOMP_RET_ERRNO | 44);
	char c;

	while (read(to_thread[0], &c, 1) == 1 && c != 'q') {
		long r = 0;
		if (c == 'p')
			r = syscall(SYS_getppid) < 0 ? errno : 0;
		else if (c == 'f')
			r = INSTALL(0, own);
		else if (c == 't')
			r = syscall(SYS_gettid);
		else if (c == 'n')
			r = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
		CHECK_EQ(sizeof(r), write(from_thread[1], &r, sizeof(r)));
	}
	return arg;
}

static long ask(char c)
{
	long r;

	CHECK_EQ(1, write(to_thread[1], &c, 1));
	CHECK_EQ(sizeof(r), read(from_thread[0], &r, sizeof(r)));
	return r;
}

static pthread_t start_worker(void)
{
	pthread_t t;

	CHECK_EQ(0, pipe(to_thread));
	CHECK_EQ(0, pipe(from_thread));
	CHECK_EQ(0, pthread_create(&t, NULL, worker, NULL));
	return t;
}

static void end_worker(pthread_t t)
{
	CHECK_EQ(1, write(to_thread[1], "q", 1));
	CHECK_EQ(0, pthread_join(t, NULL));
}

static void tsync_child(void)
{
	struct sock_filter f[] = ONLY(SYS_getppid, SECCOMP_RET_ERRNO | 21);
	struct sock_filter g[] = ONLY(SYS_getppid, SECCOMP_RET_ERRNO | 22);
	pthread_t t = start_worker();

	CHECK_EQ(0, ask('p'));
	CHECK_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(0, ask('n'));
	CHECK_EQ(0, INSTALL(SECCOMP_FILTER_FLAG_TSYNC, f));
	CHECK_EQ(21, ask('p'));
	CHECK_EQ(1, ask('n'));
	CHECK_EQ(0, INSTALL(0, g));
	CHECK_EQ(21, ask('p'));
	CHECK_EQ(0, INSTALL(SECCOMP_FILTER_FLAG_TSYNC, g));
	CHECK_EQ(22, ask('p'));
	end_worker(t);
}

static void tsync_diverged_child(void)
{
	struct sock_filter f[] = ONLY(SYS_getppid, SECCOMP_RET_ERRNO | 21);
	pthread_t t = start_worker();
	long tid = ask('t');

	CHECK_EQ(0, ask('f'));
	CHECK_EQ(tid, INSTALL(SECCOMP_FILTER_FLAG_TSYNC, f));
	CHECK_ERRNO(ESRCH, INSTALL(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH, f));
	CHECK(syscall(SYS_getppid) >= 0);
	CHECK_EQ(0, prctl(PR_GET_SECCOMP));
	end_worker(t);
	CHECK_EQ(0, INSTALL(SECCOMP_FILTER_FLAG_TSYNC, f));
}

static void tsync(void)
{
	CHECK_CHILD(tsync_child);
	CHECK_CHILD(tsync_diverged_child);
}

/* Threads that call, come and go while filters are put on all of them. */
static volatile bool stop_calling;

static void *keep_calling(void *arg)
{
	while (!stop_calling)
		syscall(SYS_getppid);
	return arg;
}

static void *come_and_go(void *arg)
{
	while (!stop_calling) {
		pthread_t t;
		if (!pthread_create(&t, NULL, call_getppid, NULL))
			pthread_join(t, NULL);
	}
	return arg;
}

static void storm_child(void)
{
	struct sock_filter f[] = ONLY(SYS_getppid, SECCOMP_RET_ERRNO | 21);
	pthread_t t[3];

	CHECK_EQ(0, pthread_create(&t[0], NULL, keep_calling, NULL));
	CHECK_EQ(0, pthread_create(&t[1], NULL, keep_calling, NULL));
	CHECK_EQ(0, pthread_create(&t[2], NULL, come_and_go, NULL));
	for (int i = 0; i < 60; i++)
		CHECK_EQ(0, INSTALL(SECCOMP_FILTER_FLAG_TSYNC, f));
	stop_calling = true;
	for (int i = 0; i < 3; i++)
		CHECK_EQ(0, pthread_join(t[i], NULL));
}

static void storm(void)
{
	CHECK_CHILD(storm_child);
}

/* --- limits and rubbish --- */

static void chain_child(void)
{
	static struct sock_filter f[4096];
	int n;

	for (int i = 0; i < 4095; i++)
		f[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, 0);
	f[4095] = (struct sock_filter)GIVE(SECCOMP_RET_ALLOW);
	for (n = 0; n < 100 && INSTALL(0, f) == 0; n++)
		;
	CHECK_EQ(ENOMEM, errno);
	CHECK(n > 0 && n < 9);
	struct sock_filter small[] = {GIVE(SECCOMP_RET_ALLOW)};
	for (n = 0; n < 10000 && INSTALL(0, small) == 0; n++)
		;
	CHECK_EQ(ENOMEM, errno);
}

static void chain_limit(void)
{
	CHECK_CHILD(chain_child);
}

static uint64_t seed = 88172645463325252ULL;

static uint32_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 11);
}

static struct sock_filter random_insn(unsigned left)
{
	static const uint16_t codes[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0c, 0x14,
	    0x15, 0x16, 0x1c, 0x1d, 0x20, 0x24, 0x25, 0x2c, 0x2d, 0x34, 0x35, 0x3c, 0x3d, 0x44,
	    0x45, 0x4c, 0x4d, 0x54, 0x5c, 0x60, 0x61, 0x64, 0x6c, 0x74, 0x7c, 0x80, 0x81, 0x84,
	    0x87, 0xa4, 0xac};
	struct sock_filter f = {codes[rnd() % (sizeof(codes) / 2)], (uint8_t)(rnd() % (left + 1)),
	    (uint8_t)(rnd() % (left + 1)), rnd() >> rnd() % 32};

	if (!(rnd() % 50))
		f.code = (uint16_t)rnd();
	if (f.code == 0x20)
		f.k = f.k % 17 * 4;
	if (f.code == 5)
		f.k %= left + 1;
	if ((f.code & 0xe7) == 2 || (f.code & 0xe7) == 3 || (f.code & 0xe6) == 0x60)
		f.k %= 17;
	return f;
}

/* Programs by chance: refused, or installed and run; never more. */
static void random_child(void)
{
	struct sock_filter f[64];
	unsigned len = 1 + rnd() % 12;

	for (unsigned i = 0; i < len; i++)
		f[i] = random_insn(len - i);
	f[len - 1] = (struct sock_filter)BPF_STMT(rnd() % 8 ? BPF_RET | BPF_A : BPF_RET | BPF_K, 0);
	if (install(0, f, (unsigned short)len) == 0)
		_exit(9); /* by its leave */
	CHECK_EQ(EINVAL, errno);
}

static void random_programs(void)
{
	int accepted = 0;

	for (int i = 0; i < 400; i++) {
		int status = status_of(random_child);
		rnd();
		accepted += status != 0;
		if (status && status != 9 << 8 && (status & 0x7f) != SIGSYS)
			FAIL("program %d: status %x", i, status);
	}
	CHECK(accepted > 20);
}

SUBCOMMANDS({"tsync", tsync}, {"storm", storm}, {"chain_limit", chain_limit},
    {"random_programs", random_programs})
