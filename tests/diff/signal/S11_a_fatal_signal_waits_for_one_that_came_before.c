/* A thread that has a signal to take and is not running takes that one first: what is fatal waits
 * in the queue, and may be blocked by the handler. */
#include "observe.h"

static struct gate ready;

static void handler(int sig, siginfo_t *info UNUSED, void *context UNUSED)
{
	say("handler %s", sig_name(sig));
}

static int victim(void)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	sigaddset(&act.sa_mask, SIGTERM);
	sigaction(SIGUSR1, &act, NULL);
	return pause_forever();
}

int main(void)
{
	cpu_set_t one;

	/* All on one processor: the victim is not running when the second signal comes. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	ready = new_gate();
	for (int i = 0; i < 3; i++) {
		pid_t pid = child(victim);
		until_state(pid, 'S');
		kill(pid, SIGUSR1);
		kill(pid, SIGTERM);
		say_status("SIGUSR1, SIGTERM:", wait_for(pid));
	}
	return 0;
}
