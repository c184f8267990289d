/* Process 1 neither dies nor stops. */
#include "observe.h"

int main(void)
{
	const int signals[] = {SIGKILL, SIGSTOP, SIGTSTP, SIGSEGV, SIGILL, SIGXCPU, SIGRTMIN + 3};
	union sigval value = {0};

	for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		say("%s: kill %s, sigqueue %s, tgkill %s", sig_name(signals[i]),
		    result_name(kill(1, signals[i])), result_name(sigqueue(1, signals[i], value)),
		    result_name(syscall(SYS_tgkill, 1, 1, signals[i])));
	}
	int fd = syscall(SYS_pidfd_open, 1, 0);
	SAY_CALL(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0));
	for (int i = 0; i < 20; i++) {
		char state = task_state(1);
		if (strchr("TtZX", state))
			say("init's state is %c", state);
		short_sleep(500);
	}
	SAY_CALL(kill(1, 0));
	return 0;
}
