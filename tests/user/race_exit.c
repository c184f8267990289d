/* Races of ends: of processes against waits, forks and each other (tests/lua/race). */
#include "race.h"

static struct page {
	int ready, forks;
} *page;

static void fork_on(void)
{
	for (;;) {
		if (ADD(page->forks, 1) > 6)
			pause();
		fork();
		STORE(page->ready, 1);
	}
}

/* R21: those that are forked as the group is killed are killed with it. */
static void fork_and_killpg(void)
{
	const int kinds[] = {SIGKILL, SIGTERM, SIGRTMIN, SIGABRT};
	int n = rounds(), status;

	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	for (int i = 0; i < n; i++) {
		int sig = kinds[i % 4];

		memset(page, 0, sizeof(*page));
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid) {
			setpgid(0, 0);
			fork_on();
		}
		AWAIT(LOAD(page->ready));
		random_delay();
		CHECK_OK(kill(-pid, sig));
		while (wait(&status) > 0)
			CHECK_EQ(sig, status & 0x7f);
		CHECK_EQ(ECHILD, errno);
		CHECK_ERRNO(ESRCH, kill(-pid, 0));
	}
}

static struct waiter {
	pthread_t thread;
	pid_t told;
	int err, status, done;
} waiters[3];
static pid_t awaited;
static pthread_barrier_t begin;

static void *wait_each_round(void *arg)
{
	struct waiter *w = arg;

	for (int i = 1;; i++) {
		pthread_barrier_wait(&begin);
		w->told = waitpid(i % 2 ? awaited : -1, &w->status, 0);
		w->err = errno;
		STORE(w->done, i);
	}
	return NULL;
}

/* R22 */
static void one_reaps(void)
{
	int n = rounds();

	pthread_barrier_init(&begin, NULL, 4);
	for (int k = 0; k < 3; k++)
		waiters[k].thread = start(wait_each_round, &waiters[k]);
	for (int i = 1; i <= n; i++) {
		int reaped = 0;

		random_below(2);
		awaited = fork();
		if (!awaited) {
			random_delay();
			_exit(i & 0x7f);
		}
		CHECK(awaited > 0);
		pthread_barrier_wait(&begin);
		for (int k = 0; k < 3; k++) {
			struct waiter *w = &waiters[k];

			AWAIT(LOAD(w->done) == i);
			if (w->told == awaited) {
				reaped++;
				CHECK_EQ((i & 0x7f) << 8, w->status);
			} else {
				CHECK_EQ(-1, w->told);
				CHECK_EQ(ECHILD, w->err);
			}
		}
		CHECK_EQ(1, reaped);
	}
}

static void child_with_child(void)
{
	random_below(2);
	if (fork() == 0) {
		STORE(page->ready, 1);
		random_delay();
		_exit(3);
	}
	AWAIT(LOAD(page->ready));
	random_delay();
	_exit(4);
}

/* R23: parent and child end together; the reaper is told of the child, even if it sleeps already.
 */
static void parent_dies_too(void)
{
	int n = rounds();

	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	for (int i = 0; i < n; i++) {
		int status[2];

		memset(page, 0, sizeof(*page));
		random_below(2);
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid)
			child_with_child();
		for (int k = 0; k < 2; k++)
			CHECK(wait(&status[k]) > 0);
		CHECK_EQ(7 << 8, status[0] + status[1]);
		CHECK_ERRNO(ECHILD, wait(NULL));
	}
}

static void prepare(void) __attribute__((constructor));
static void prepare(void)
{
	page = shared_page();
}

SUBCOMMANDS({"fork_and_killpg", fork_and_killpg}, {"one_reaps", one_reaps},
    {"parent_dies_too", parent_dies_too})
