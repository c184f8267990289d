/* By each way of sending it. */
#include "observe.h"

static pid_t target;

static int by_kill(void)
{
	return kill(target, SIGKILL);
}
static int by_killpg(void)
{
	return kill(-target, SIGKILL);
}
static int by_tkill(void)
{
	return syscall(SYS_tkill, target, SIGKILL);
}
static int by_queue(void)
{
	return sigqueue(target, SIGKILL, (union sigval){0});
}

int main(void)
{
	int (*const ways[])(void) = {by_kill, by_killpg, by_tkill, by_queue};
	for (int i = 0; i < 4; i++) {
		int status;
		target = child(pause_forever);
		setpgid(target, target);
		until_state(target, 'S');
		kill(target, SIGTSTP);
		MUST(waitpid(target, &status, WUNTRACED) == target);
		say_status("child", status);
		say("send: %d", ways[i]());
		say_status("child", wait_for(target));
	}
	return 0;
}
