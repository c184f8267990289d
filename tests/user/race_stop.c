/* Races of stop signals, SIGCONT, and threads that come and go meanwhile (tests/lua/race). */
#include "race.h"

#define THREADS 3
#define CROWD   64

static struct page {
	int ready, done; /* the round that a side has reached */
	int go;
	unsigned long steps[THREADS + 1];
	unsigned long sum;
	int crowd, tids[CROWD];
	unsigned long queued, handled; /* real-time signals to one of the crowd */
} *page;

/* A child in a group of its own, which is not an orphan: this process is in the same session. */
static pid_t child_running(void (*fn)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		fn();
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void *step(void *arg)
{
	unsigned long *steps = arg;

	for (;;) {
		for (int k = 0; k < 16; k++)
			getppid();
		nanosleep(&(struct timespec){0, 100000}, NULL);
		ADD(*steps, 1);
	}
	return NULL;
}

static void step_alone(void)
{
	step(&page->steps[0]);
}

static void step_together(void)
{
	for (int i = 1; i < THREADS; i++)
		start(step, &page->steps[i]);
	step(&page->steps[0]);
}

/* Each of the threads has been through the kernel, and out of it, since. */
static void await_steps(int threads)
{
	for (int i = 0; i < threads; i++) {
		unsigned long before = LOAD(page->steps[i]);

		AWAIT(LOAD(page->steps[i]) >= before + 2);
	}
}

static void check_no_report(pid_t pid, int options)
{
	int status = 0;

	if (waitpid(pid, &status, options | WNOHANG))
		FAIL("an unexpected report: status %#x", (unsigned)status);
}

/* Has it been told that the child continues? Once only. */
static bool continued(pid_t pid)
{
	int status;
	pid_t told = waitpid(pid, &status, WUNTRACED | WCONTINUED | WNOHANG);

	CHECK(told == 0 || told == pid);
	if (told)
		CHECK(WIFCONTINUED(status));
	check_no_report(pid, WUNTRACED | WCONTINUED);
	return told;
}

static int await_stop(pid_t pid)
{
	int status;

	CHECK_EQ(pid, waitpid(pid, &status, WUNTRACED));
	if (!WIFSTOPPED(status))
		FAIL("not stopped: status %#x", (unsigned)status);
	check_no_report(pid, WUNTRACED | WCONTINUED);
	return WSTOPSIG(status);
}

/* R01 */
static void stop_taken(void)
{
	static const int stops[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
	int n = rounds();
	pid_t pid = child_running(step_alone);

	await_steps(1);
	for (int i = 0; i < n; i++) {
		CHECK_OK(kill(pid, stops[random_below(4)]));
		random_delay();
		CHECK_OK(kill(pid, SIGCONT));
		continued(pid);
		await_steps(1);
		check_no_report(pid, WUNTRACED | WCONTINUED);
	}
	finish_child(pid);
}

static void mask_and_unmask(void)
{
	for (int i = 1;; i++) {
		set_blocked(SIG_BLOCK, SIGTSTP);
		set_blocked(SIG_BLOCK, SIGCONT);
		STORE(page->ready, i);
		random_delay();
		if (i % 2)
			set_blocked(SIG_UNBLOCK, SIGCONT);
		set_blocked(SIG_UNBLOCK, SIGTSTP);
		set_blocked(SIG_UNBLOCK, SIGCONT);
		STORE(page->done, i);
		AWAIT(LOAD(page->go) == i);
	}
}

/* R02 */
static void both_masked(void)
{
	int n = rounds();
	pid_t pid = child_running(mask_and_unmask);

	for (int i = 1; i <= n; i++) {
		AWAIT(LOAD(page->ready) == i);
		random_delay();
		CHECK_OK(kill(pid, SIGTSTP));
		if (i % 4 < 2)
			random_delay();
		CHECK_OK(kill(pid, SIGCONT));
		AWAIT(LOAD(page->done) == i);
		continued(pid);
		STORE(page->go, i);
	}
	finish_child(pid);
}

static void *exit_group_soon(void *arg)
{
	STORE(page->ready, 1);
	random_delay();
	_exit(7);
	return arg;
}

static void die_of_a_thread(void)
{
	start(step, &page->steps[1]);
	start(exit_group_soon, NULL);
	step(&page->steps[0]);
}

/* R03 */
static void exit_in_stop(void)
{
	int n = rounds(), status;

	for (int i = 0; i < n; i++) {
		STORE(page->ready, 0);
		random_below(2);
		pid_t pid = child_running(die_of_a_thread);

		AWAIT(LOAD(page->ready));
		random_delay();
		kill(pid, i % 2 ? SIGSTOP : SIGTTOU);
		CHECK_EQ(pid, waitpid(pid, &status, WUNTRACED));
		if (WIFSTOPPED(status)) {
			CHECK_OK(kill(pid, SIGCONT));
			CHECK_EQ(pid, waitpid(pid, &status, 0));
		}
		CHECK_EQ(7 << 8, status);
		CHECK_ERRNO(ECHILD, waitpid(pid, &status, 0));
	}
}

/* R04 */
static pid_t target;

static void *send_ttin(void *arg)
{
	for (int i = 1;; i++) {
		AWAIT(LOAD(page->go) == i);
		CHECK_OK(kill(target, SIGTTIN));
		STORE(page->done, i);
	}
	return arg;
}

static void check_sigchld(int code, int status)
{
	siginfo_t info;

	CHECK_EQ(code, take_sigchld(&info));
	CHECK_EQ(status, info.si_status);
	CHECK_EQ(0, take_sigchld(&info));
}

static void two_stops(void)
{
	int n = rounds();

	set_blocked(SIG_BLOCK, SIGCHLD);
	target = child_running(step_together);
	start(send_ttin, NULL);
	await_steps(THREADS);
	for (int i = 1; i <= n; i++) {
		int sig;

		STORE(page->go, i);
		if (i % 2)
			random_delay();
		CHECK_OK(kill(target, SIGTSTP));
		AWAIT(LOAD(page->done) == i);
		sig = await_stop(target);
		CHECK(sig == SIGTSTP || sig == SIGTTIN);
		check_sigchld(CLD_STOPPED, sig);
		CHECK_OK(kill(target, SIGCONT));
		CHECK(continued(target));
		await_steps(THREADS);
		check_sigchld(CLD_CONTINUED, SIGCONT);
	}
	finish_child(target);
}

/* Till the round's end, or nearly. */
static void *count_and_end(void *arg)
{
	int round = LOAD(page->go), n = 1 << random_below(20);

	for (int k = 0; k < n && LOAD(page->go) == round; k++)
		ADD(page->sum, 1);
	return arg;
}

static void *make_threads(void *arg)
{
	for (;;) {
		pthread_t t = start(count_and_end, NULL);

		ADD(page->sum, 1);
		CHECK_OK(pthread_join(t, NULL));
	}
	return arg;
}

static void clone_endlessly(void)
{
	start(make_threads, NULL);
	make_threads(NULL);
}

/* Nobody of it runs, and nobody begins to. */
static void check_rest(void)
{
	unsigned long before = LOAD(page->sum);

	for (int k = 0; k < 3; k++) {
		sched_yield();
		random_delay();
	}
	CHECK_EQ(before, LOAD(page->sum));
}

/* R05: two threads make threads without end */
static void clone_in_stop(void)
{
	int n = rounds();
	pid_t pid = child_running(clone_endlessly);

	for (int i = 0; i < n; i++) {
		unsigned long before = LOAD(page->sum);

		AWAIT(LOAD(page->sum) != before);
		STORE(page->go, i);
		random_delay();
		CHECK_OK(kill(pid, SIGSTOP));
		CHECK_EQ(SIGSTOP, await_stop(pid));
		check_rest();
		CHECK_OK(kill(pid, SIGCONT));
		CHECK(continued(pid));
	}
	finish_child(pid);
}

static void *end_soon(void *arg)
{
	STORE(page->ready, *(int *)arg);
	random_delay();
	return arg;
}

static void end_threads(void)
{
	for (int i = 1;; i++) {
		AWAIT(LOAD(page->go) == i);
		pthread_t a = start(end_soon, &i), b = start(end_soon, &i);

		CHECK_OK(pthread_join(a, NULL));
		CHECK_OK(pthread_join(b, NULL));
		STORE(page->done, i);
	}
}

/* R06 */
static void exit_completes_stop(void)
{
	int n = rounds();
	pid_t pid = child_running(end_threads);

	for (int i = 1; i <= n; i++) {
		STORE(page->go, i);
		AWAIT(LOAD(page->ready) == i);
		random_delay();
		CHECK_OK(kill(pid, SIGSTOP));
		CHECK_EQ(SIGSTOP, await_stop(pid));
		CHECK_OK(kill(pid, SIGCONT));
		CHECK(continued(pid));
		AWAIT(LOAD(page->done) == i);
	}
	finish_child(pid);
}

/*
 * R07, S49. Where the stop had begun, the parent is told of it by one SIGCHLD, with the signal if
 * it was complete, else with 0. (It may be told of the continuation too, but one SIGCHLD is pending
 * already.)
 */
static void continue_in_stop(void)
{
	int n = rounds();
	siginfo_t info;
	pid_t pid;

	set_blocked(SIG_BLOCK, SIGCHLD);
	pid = child_running(step_together);
	await_steps(THREADS);
	for (int i = 0; i < n; i++) {
		CHECK_OK(kill(pid, SIGSTOP));
		random_delay();
		CHECK_OK(kill(pid, SIGCONT));
		bool told = continued(pid);
		await_steps(THREADS);
		int code = take_sigchld(&info);

		CHECK_EQ(told ? CLD_STOPPED : 0, code);
		if (told)
			CHECK(info.si_status == 0 || info.si_status == SIGSTOP);
		CHECK_EQ(0, take_sigchld(&info));
	}
	finish_child(pid);
}

static void count_signal(int sig)
{
	ADD(page->sum, 1);
	if (sig == SIGRTMIN)
		ADD(page->handled, 1);
}

static void *compute(void *arg)
{
	for (;; ADD(page->sum, 1))
		for (volatile int k = 0; k < 5000; k++)
			;
	return arg;
}

/* In calls that end, that start again, and that never end. */
static void *sleep_somehow(void *arg)
{
	static int pipe_end[2] = {-1, -1};
	char c;

	if (pipe_end[0] < 0)
		CHECK_OK(pipe(pipe_end));
	for (long way = (long)arg;; way++, ADD(page->sum, 1))
		if (way % 4 == 0)
			read(pipe_end[0], &c, 1);
		else if (way % 4 == 1)
			pause();
		else if (way % 4 == 2)
			nanosleep(&(struct timespec){0, 2000000}, NULL);
		else
			sched_yield();
	return arg;
}

/* Of 64 threads, 2 compute, 6 make others that end, the rest sleeps; each has a place for its id.
 */
static void *one_of_crowd(void *arg)
{
	long k = (long)arg;

	STORE(page->tids[k], gettid());
	ADD(page->crowd, 1);
	return k < 2 ? compute(arg) : k < 8 ? make_threads(arg) : sleep_somehow(arg);
}

static void be_a_crowd(void)
{
	catch_signal(SIGUSR1, count_signal);
	catch_signal(SIGRTMIN, count_signal);
	for (long k = 1; k < CROWD; k++)
		start(one_of_crowd, (void *)k);
	one_of_crowd(0);
}

/* To the process and to its threads, stopped or not. */
static void send_to_crowd(void)
{
	for (;;) {
		switch (random_below(4)) {
		case 0:
			kill(target, SIGUSR1);
			break;
		case 1:
			syscall(SYS_tgkill, target, LOAD(page->tids[random_below(CROWD)]), SIGUSR1);
			break;
		case 2:
			if (!sigqueue(target, SIGRTMIN, (union sigval){.sival_int = 1}))
				ADD(page->queued, 1);
			break;
		case 3:
			if (!syscall(SYS_tgkill, target, LOAD(page->tids[random_below(CROWD)]),
				SIGRTMIN))
				ADD(page->queued, 1);
		}
		random_delay();
	}
}

static void await_sigchld(int code, int status)
{
	siginfo_t info;
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGCHLD);
	CHECK_EQ(SIGCHLD, sigwaitinfo(&s, &info));
	CHECK_EQ(code, info.si_code);
	CHECK_EQ(status, info.si_status);
}

/*
 * S44, S45: of 64 threads, which compute, sleep, make threads and end, and are sent signals all
 * the while, each stop stops every one; it is told once, and so is each continuation; no signal is
 * lost, none handled twice.
 */
static void crowd(void)
{
	int n = rounds();
	pid_t sender;

	set_blocked(SIG_BLOCK, SIGCHLD);
	target = child_running(be_a_crowd);
	AWAIT(LOAD(page->crowd) == CROWD);
	sender = child_running(send_to_crowd);
	for (int i = 0; i < n; i++) {
		int sig = i % 2 ? SIGSTOP : SIGTSTP;

		CHECK_OK(kill(target, sig));
		CHECK_EQ(sig, await_stop(target));
		await_sigchld(CLD_STOPPED, sig);
		if (i % 16 == 0)
			check_rest();
		CHECK_OK(kill(target, SIGCONT));
		CHECK(continued(target));
		await_sigchld(CLD_CONTINUED, SIGCONT);
		random_delay();
	}
	finish_child(sender);
	AWAIT(LOAD(page->handled) == LOAD(page->queued));
	finish_child(target);
}

static void read_times(pid_t pid, long times[2])
{
	char path[64], text[512];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	CHECK(n > 0);
	close(fd);
	text[n] = 0;
	CHECK_EQ(
	    2, sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld",
		   &times[0], &times[1]));
}

/* CPU times of a process that starts and stops all the time never go back. */
static void times_go_on(void)
{
	int n = rounds() * 20;
	pid_t pid = child_running(step_together);
	long seen[2] = {0}, now[2];
	int64_t clock_seen = 0;
	clockid_t clock;

	CHECK_OK(clock_getcpuclockid(pid, &clock));
	for (int i = 0; i < n; i++) {
		struct timespec t;

		if (i % 4 == 0)
			CHECK_OK(kill(pid, i % 8 ? SIGCONT : SIGSTOP));
		CHECK_OK(clock_gettime(clock, &t));
		CHECK(t.tv_sec * 1000000000LL + t.tv_nsec >= clock_seen);
		clock_seen = t.tv_sec * 1000000000LL + t.tv_nsec;
		read_times(pid, now);
		CHECK(now[0] >= seen[0] && now[1] >= seen[1]);
		memcpy(seen, now, sizeof(seen));
	}
	finish_child(pid);
}

static void prepare(void) __attribute__((constructor));
static void prepare(void)
{
	page = shared_page();
}

SUBCOMMANDS({"stop_taken", stop_taken}, {"both_masked", both_masked},
    {"exit_in_stop", exit_in_stop}, {"two_stops", two_stops}, {"clone_in_stop", clone_in_stop},
    {"exit_completes_stop", exit_completes_stop}, {"continue_in_stop", continue_in_stop},
    {"crowd", crowd}, {"times_go_on", times_go_on})
