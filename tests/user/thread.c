/* Threads as glibc makes them: clone, futex, thread-local storage, cancellation, exit. */
#include "check.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>

#define CHECK_OK(expr) CHECK_EQ(0, expr)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long counter;
static __thread int local = 5;

static long futex(int *word, int op, int value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op, value, timeout, NULL, 0);
}

static void *return_argument(void *arg)
{
	local++;
	CHECK_EQ(6, local);
	return (char *)arg + 1;
}

static void create_join(void)
{
	pthread_t t[16];
	void *result;
	for (int i = 0; i < 16; i++)
		CHECK_OK(pthread_create(&t[i], NULL, return_argument, (void *)(intptr_t)i));
	for (int i = 0; i < 16; i++) {
		CHECK_OK(pthread_join(t[i], &result));
		CHECK_EQ(i + 1, (intptr_t)result);
	}
	CHECK_EQ(5, local);
}

static void *count_up(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

static void mutex_contended(void)
{
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		CHECK_OK(pthread_create(&t[i], NULL, count_up, NULL));
	for (int i = 0; i < 4; i++)
		CHECK_OK(pthread_join(t[i], NULL));
	CHECK_EQ(80000, counter);
}

static int turn;

static void *ping(void *arg)
{
	int me = (int)(intptr_t)arg;
	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&mutex);
		while (turn != me)
			pthread_cond_wait(&cond, &mutex);
		turn = !me;
		counter++;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void condition(void)
{
	pthread_t a, b;
	CHECK_OK(pthread_create(&a, NULL, ping, (void *)0));
	CHECK_OK(pthread_create(&b, NULL, ping, (void *)1));
	CHECK_OK(pthread_join(a, NULL));
	CHECK_OK(pthread_join(b, NULL));
	CHECK_EQ(1000, counter);
}

static void *short_life(void *arg)
{
	__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
	return arg;
}

static void churn(void)
{
	for (int i = 0; i < 300; i++) {
		pthread_t t;
		CHECK_OK(pthread_create(&t, NULL, short_life, NULL));
		CHECK_OK(pthread_join(t, NULL));
	}
	CHECK_EQ(300, counter);
}

static void detached(void)
{
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 20; i++) {
		pthread_t t;
		CHECK_OK(pthread_create(&t, &attr, short_life, NULL));
	}
	while (__atomic_load_n(&counter, __ATOMIC_SEQ_CST) < 20)
		sleep_ms(1);
}

static void *sleeper(void *arg)
{
	sleep_ms(10000);
	return arg;
}

static void *exits_process(void *arg)
{
	sleep_ms(20);
	exit(7);
	return arg;
}

static void exit_from_thread_child(void)
{
	pthread_t t;
	pthread_create(&t, NULL, sleeper, NULL);
	pthread_create(&t, NULL, exits_process, NULL);
	for (;;)
		pause();
}

static void exit_from_thread(void)
{
	int status = in_child(exit_from_thread_child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(7, WEXITSTATUS(status));
}

static void leader_exits_child(void)
{
	pthread_t t;
	pthread_create(&t, NULL, exits_process, NULL);
	syscall(SYS_exit, 3); /* this thread alone */
}

/* A leader that goes first is not waitable until the last thread is gone, whose status counts. */
static void leader_exits(void)
{
	int64_t start = now_ns();
	int status = in_child(leader_exits_child);
	CHECK(now_ns() - start >= 19000000);
	CHECK_EQ(7, WEXITSTATUS(status));
}

static void killed_child(void)
{
	pthread_t t;
	for (int i = 0; i < 5; i++)
		pthread_create(&t, NULL, sleeper, NULL);
	kill(getpid(), SIGKILL);
	sleep_ms(10000);
}

static void kill_all_threads(void)
{
	int status = in_child(killed_child);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(SIGKILL, WTERMSIG(status));
}

static void *spin(void *arg)
{
	volatile long *n = arg;
	for (;;)
		++*n;
	return NULL;
}

/* SIGSTOP stops every thread, also those that run. */
static void stop_all(void)
{
	long *n = calloc(2, sizeof(long));
	int fds[2], status;
	CHECK_EQ(0, pipe(fds));
	pid_t pid = fork();
	if (!pid) {
		pthread_t t;
		pthread_create(&t, NULL, spin, &n[0]);
		pthread_create(&t, NULL, spin, &n[1]);
		write(fds[1], "x", 1);
		for (;;)
			sleep_ms(1);
	}
	char c;
	CHECK_EQ(1, read(fds[0], &c, 1));
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(0, kill(pid, SIGSTOP));
		CHECK_EQ(pid, waitpid(pid, &status, WUNTRACED));
		CHECK(WIFSTOPPED(status));
		CHECK_EQ(0, kill(pid, SIGCONT));
		CHECK_EQ(pid, waitpid(pid, &status, WCONTINUED));
		CHECK(WIFCONTINUED(status));
	}
	kill(pid, SIGKILL);
	CHECK_EQ(pid, waitpid(pid, &status, 0));
}

static void *forks(void *arg)
{
	pid_t pid = fork();
	if (!pid)
		_exit((int)syscall(SYS_gettid) == getpid() ? 12 : 13);
	int status;
	CHECK_EQ(pid, waitpid(pid, &status, 0));
	CHECK_EQ(12, WEXITSTATUS(status));
	return arg;
}

static void fork_in_thread(void)
{
	pthread_t t;
	CHECK_OK(pthread_create(&t, NULL, forks, NULL));
	CHECK_OK(pthread_join(t, NULL));
}

static void *execs(void *arg)
{
	sleep_ms(20);
	execl("/proc/self/exe", "thread", "after_exec", NULL);
	execl("/tests/bin/thread", "thread", "after_exec", NULL);
	_exit(99);
	return arg;
}

static void after_exec(void)
{
	CHECK_EQ(getpid(), syscall(SYS_gettid));
	_exit(0); /* the first program says "ok" */
}

static void exec_child(void)
{
	pthread_t t;
	pthread_create(&t, NULL, sleeper, NULL);
	pthread_create(&t, NULL, execs, NULL);
	for (;;)
		pause();
}

static void exec_in_thread(void)
{
	CHECK_EQ(0, in_child(exec_child));
}

static int word;

static void *waker(void *arg)
{
	sleep_ms(30);
	word = 1;
	CHECK_EQ(1, futex(&word, FUTEX_WAKE, 1, NULL));
	return arg;
}

static void futex_waits(void)
{
	pthread_t t;
	struct timespec timeout = {0, 20000000};
	CHECK_ERRNO(EAGAIN, futex(&word, FUTEX_WAIT, 7, NULL));
	CHECK_ERRNO(ETIMEDOUT, futex(&word, FUTEX_WAIT, 0, &timeout));
	CHECK_EQ(0, futex(&word, FUTEX_WAKE, 1, NULL)); /* nobody there */
	CHECK_ERRNO(EINVAL, futex((int *)((char *)&word + 1), FUTEX_WAIT, 0, &timeout));
	CHECK_ERRNO(ENOSYS, futex(&word, 99, 0, NULL));
	CHECK_OK(pthread_create(&t, NULL, waker, NULL));
	while (!word)
		futex(&word, FUTEX_WAIT, 0, NULL);
	CHECK_OK(pthread_join(t, NULL));
}

static void *cancel_me(void *arg)
{
	sleep_ms(10000);
	return arg;
}

static void cancel(void)
{
	pthread_t t;
	void *result;
	CHECK_OK(pthread_create(&t, NULL, cancel_me, NULL));
	sleep_ms(10);
	CHECK_OK(pthread_cancel(t));
	CHECK_OK(pthread_join(t, &result));
	CHECK(result == PTHREAD_CANCELED);
}

static volatile pid_t handled_by;

static void on_signal(int sig)
{
	(void)sig;
	handled_by = (pid_t)syscall(SYS_gettid);
}

static volatile pid_t thread_tid;

static void *wait_for_signal(void *arg)
{
	thread_tid = (pid_t)syscall(SYS_gettid);
	while (!handled_by)
		sleep_ms(1);
	return arg;
}

/* A signal for the process goes to a thread that does not block it. */
static void signal_unblocked_thread(void)
{
	pthread_t t;
	sigset_t s;
	signal(SIGUSR1, on_signal);
	CHECK_OK(pthread_create(&t, NULL, wait_for_signal, NULL));
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	CHECK_OK(pthread_sigmask(SIG_BLOCK, &s, NULL));
	while (!thread_tid)
		sleep_ms(1);
	kill(getpid(), SIGUSR1);
	CHECK_OK(pthread_join(t, NULL));
	CHECK_EQ(thread_tid, handled_by);
}

static void signal_one_thread(void)
{
	pthread_t t;
	signal(SIGUSR1, on_signal);
	CHECK_OK(pthread_create(&t, NULL, wait_for_signal, NULL));
	while (!thread_tid)
		sleep_ms(1);
	CHECK_OK(pthread_kill(t, SIGUSR1));
	CHECK_OK(pthread_join(t, NULL));
	CHECK_EQ(thread_tid, handled_by);
}

static void *share(void *arg)
{
	CHECK_EQ(0, chdir("/tmp"));
	CHECK_EQ(0, close(*(int *)arg));
	umask(0123);
	return NULL;
}

static void shared_state(void)
{
	pthread_t t;
	char buf[64];
	int fd = dup(1);
	mkdir("/tmp", 01777);
	CHECK_OK(pthread_create(&t, NULL, share, &fd));
	CHECK_OK(pthread_join(t, NULL));
	CHECK(getcwd(buf, sizeof(buf)));
	CHECK_STR("/tmp", buf);
	CHECK_ERRNO(EBADF, write(fd, "x", 1));
	CHECK_EQ(0123, umask(022));
}

static void *fp_work(void *arg)
{
	double base = (double)(intptr_t)arg, x = base;
	for (int i = 0; i < 200000; i++)
		x = x * 0.5 + base * 0.5;
	CHECK(x > base - 1e-9 && x < base + 1e-9);
	return NULL;
}

/* Floating point is a thread's own, whatever runs in between. */
static void fp_switches(void)
{
	pthread_t t[8];
	for (int i = 0; i < 8; i++)
		CHECK_OK(pthread_create(&t[i], NULL, fp_work, (void *)(intptr_t)(i * 1000 + 1)));
	for (int i = 0; i < 8; i++)
		CHECK_OK(pthread_join(t[i], NULL));
}

/* For the tests in Lua: some threads that sleep. */
static void stay(void)
{
	pthread_t t;
	for (int i = 0; i < 3; i++)
		CHECK_OK(pthread_create(&t, NULL, sleeper, NULL));
	dprintf(1, "ready\n");
	sleep_ms(10000);
}

SUBCOMMANDS({"create_join", create_join}, {"mutex", mutex_contended}, {"condition", condition},
    {"churn", churn}, {"detached", detached}, {"exit_from_thread", exit_from_thread},
    {"leader_exits", leader_exits}, {"kill_all", kill_all_threads}, {"stop_all", stop_all},
    {"fork_in_thread", fork_in_thread}, {"exec_in_thread", exec_in_thread},
    {"after_exec", after_exec}, {"futex", futex_waits}, {"cancel", cancel},
    {"signal_unblocked", signal_unblocked_thread}, {"signal_one", signal_one_thread},
    {"shared_state", shared_state}, {"fp", fp_switches}, {"stay", stay})
