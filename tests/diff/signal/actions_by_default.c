/* What each signal does to a process that takes no care. */
#include "observe.h"

int main(void)
{
	for (int sig = 1; sig < 65; sig++) {
		int status = 0;
		if (sig == SIGCONT)
			continue;
		struct rlimit none = {0, 0};
		setrlimit(RLIMIT_CORE, &none);
		pid_t pid = child(pause_forever);
		until_state(pid, 'S');
		kill(pid, sig);
		for (int i = 0; i < 30 && waitpid(pid, &status, WUNTRACED | WNOHANG) == 0; i++)
			short_sleep(1000);
		if (status && !WIFSTOPPED(status)) {
			char name[16];
			snprintf(name, sizeof(name), "%d", sig);
			say_status(name, status);
			continue;
		}
		say("%d: %s", sig, status ? "stopped" : "nothing");
		kill(pid, SIGKILL);
		wait_for(pid);
	}
	return 0;
}
