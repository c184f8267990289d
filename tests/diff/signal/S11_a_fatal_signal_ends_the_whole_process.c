/* Whichever thread it meets; but a stopped process keeps it until it goes on. */
#include "observe.h"

static void *thread(void *arg UNUSED)
{
	unblock(SIGTERM);
	for (;;)
		pause();
	return NULL;
}

static int two_threads(void)
{
	pthread_t t;
	block(SIGTERM);
	MUST(pthread_create(&t, NULL, thread, NULL) == 0);
	return pause_forever();
}

static int masked(void)
{
	block(SIGTERM);
	return pause_forever();
}

int main(void)
{
	int status;
	pid_t pid = child(two_threads);
	until_state(pid, 'S');
	kill(pid, SIGTERM);
	say_status("two threads", wait_for(pid));

	pid = child(pause_forever);
	until_state(pid, 'S');
	kill(pid, SIGSTOP);
	MUST(waitpid(pid, &status, WUNTRACED) == pid);
	kill(pid, SIGTERM);
	short_sleep(20000);
	say("state of a stopped process after SIGTERM: %c", task_state(pid));
	kill(pid, SIGCONT);
	say_status("after SIGCONT", wait_for(pid));

	pid = child(masked);
	until_state(pid, 'S');
	kill(pid, SIGTERM);
	short_sleep(20000);
	say("state of one that blocks SIGTERM: %c", task_state(pid));
	kill(pid, SIGKILL);
	say_status("after SIGKILL", wait_for(pid));
	return 0;
}
