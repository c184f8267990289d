/* Sleeping, spinning and blocked ones, and each of them goes on again. */
#include "observe.h"

static volatile unsigned long spins;
static volatile pid_t tids[3];

static void *spinning(void *arg UNUSED)
{
	tids[0] = gettid();
	for (;;)
		spins++;
	return NULL;
}

static void *sleeping(void *arg UNUSED)
{
	tids[1] = gettid();
	for (;;)
		pause();
	return NULL;
}

static void *blocking(void *arg UNUSED)
{
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	tids[2] = gettid();
	for (;;)
		pause();
	return NULL;
}

static unsigned long *shared;

static int threads(void)
{
	pthread_t t;
	pthread_create(&t, NULL, spinning, NULL);
	pthread_create(&t, NULL, sleeping, NULL);
	pthread_create(&t, NULL, blocking, NULL);
	while (!tids[0] || !tids[1] || !tids[2])
		sched_yield();
	for (int i = 0; i < 3; i++)
		shared[i] = tids[i];
	for (;;) {
		shared[3] = spins;
		sched_yield();
	}
}

int main(void)
{
	int status;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = child(threads);
	while (!__atomic_load_n(&shared[2], __ATOMIC_ACQUIRE) ||
	       !__atomic_load_n(&shared[3], __ATOMIC_ACQUIRE))
		short_sleep(500);
	for (int round = 0; round < 5; round++) {
		kill(pid, SIGSTOP);
		MUST(waitpid(pid, &status, WUNTRACED) == pid);
		unsigned long before = shared[3];
		short_sleep(10000);
		say("stopped: %c %c %c %c, spins %s", task_state(pid), task_state(shared[0]),
		    task_state(shared[1]), task_state(shared[2]),
		    shared[3] == before ? "no more" : "on");
		kill(pid, SIGCONT);
		MUST(waitpid(pid, &status, WCONTINUED) == pid);
		while (shared[3] == before)
			short_sleep(500);
		until_state(shared[1], 'S');
		until_state(shared[2], 'S');
		say("goes on");
	}
	kill(pid, SIGKILL);
	say_status("child", wait_for(pid));
	return 0;
}
