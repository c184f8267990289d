/* Two handlers become due at once, one of them with SA_RESTART. */
#include "observe.h"

static struct gate told;
static int fds[2];

static int reading(int first, int second)
{
	char c;
	on_signal(SIGUSR1, quiet_handler, first);
	on_signal(SIGUSR2, quiet_handler, second);
	errno = 0;
	long n = read(fds[0], &c, 1);
	open_gate(&told);
	return n < 0 && errno == EINTR ? 1 : 0;
}

static void try(const char *what, int first, int second)
{
	int status;
	told = new_gate();
	pid_t pid = fork();
	if (pid == 0)
		_exit(reading(first, second));
	until_state(pid, 'S');
	kill(pid, SIGSTOP);
	MUST(waitpid(pid, &status, WUNTRACED) == pid);
	kill(pid, SIGUSR1);
	kill(pid, SIGUSR2);
	kill(pid, SIGCONT);
	struct pollfd p = {.fd = told.fd[0], .events = POLLIN};
	if (poll(&p, 1, 100) == 1) {
		say_status(what, wait_for(pid));
		return;
	}
	say("%s: restarted", what);
	kill(pid, SIGKILL);
	wait_for(pid);
}

int main(void)
{
	MUST(pipe(fds) == 0);
	try("none restarts", 0, 0);
	try("SIGUSR1 restarts", SA_RESTART, 0);
	try("SIGUSR2 restarts", 0, SA_RESTART);
	try("both restart", SA_RESTART, SA_RESTART);
	return 0;
}
