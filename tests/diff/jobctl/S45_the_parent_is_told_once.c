/* One SIGCHLD for a stop, one when it goes on, whatever is sent in between; S48: SA_NOCLDSTOP. */
#include "observe.h"

/* Waits for what has to come, and a little for what must not. */
static void drain(const char *what, int expected)
{
	siginfo_t info;
	struct timespec long_ = {10, 0}, little = {0, 20000000};
	say("%s", what);
	while (sigtimedwait(SET(SIGCHLD), &info, expected-- > 0 ? &long_ : &little) > 0)
		say_info("  told", &info);
}

static void look(pid_t pid, int options)
{
	int status;
	pid_t got = waitpid(pid, &status, WUNTRACED | WCONTINUED | options);
	if (got > 0)
		say_status("  wait", status);
	else
		say("  wait = %s", result_name(got));
}

static void wait_now(pid_t pid)
{
	look(pid, WNOHANG);
}

static int several(void)
{
	pthread_t t;
	for (int i = 0; i < 5; i++)
		pthread_create(&t, NULL, (void *(*)(void *))(void (*)(void))pause_forever, NULL);
	return pause_forever();
}

int main(void)
{
	block(SIGCHLD);
	pid_t pid = child(several);
	name_pid(pid, "child");
	until_state(pid, 'S');
	short_sleep(10000);
	kill(pid, SIGSTOP);
	drain("SIGSTOP", 1);
	wait_now(pid);
	wait_now(pid);
	kill(pid, SIGTSTP);
	kill(pid, SIGSTOP);
	drain("stop signals while stopped", 0);
	wait_now(pid);
	kill(pid, SIGCONT);
	drain("SIGCONT", 1);
	wait_now(pid);
	wait_now(pid);
	kill(pid, SIGCONT);
	drain("SIGCONT while running", 0);
	wait_now(pid);
	struct sigaction act = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP};
	sigaction(SIGCHLD, &act, NULL);
	kill(pid, SIGSTOP);
	drain("SA_NOCLDSTOP, SIGSTOP", 0);
	look(pid, 0); /* until its threads have stopped */
	kill(pid, SIGCONT);
	drain("SA_NOCLDSTOP, SIGCONT", 0);
	wait_now(pid);
	kill(pid, SIGKILL);
	drain("SIGKILL", 1);
	wait_now(pid);
	wait_now(pid);
	return 0;
}
