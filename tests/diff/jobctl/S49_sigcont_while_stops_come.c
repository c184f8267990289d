/* Many stops and continues in a row: what wait reports agrees with the state in the end. */
#include "observe.h"

int main(void)
{
	int status;
	pid_t pid = child(pause_forever);
	until_state(pid, 'S');
	for (int i = 0; i < 200; i++) {
		kill(pid, SIGSTOP);
		kill(pid, SIGCONT);
	}
	until_state(pid, 'S');
	while (waitpid(pid, &status, WUNTRACED | WCONTINUED | WNOHANG) > 0)
		;
	say("runs: %c", task_state(pid));
	for (int i = 0; i < 200; i++) {
		kill(pid, SIGCONT);
		kill(pid, SIGSTOP);
	}
	until_state(pid, 'T');
	MUST(waitpid(pid, &status, WUNTRACED) == pid);
	say_status("child", status);
	say("another report: %d", waitpid(pid, &status, WUNTRACED | WCONTINUED | WNOHANG));
	kill(pid, SIGKILL);
	say_status("child", wait_for(pid));
	return 0;
}
