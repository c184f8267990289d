/* Succeeds when one member took it; EPERM when all refused; ESRCH for no group. */
#include "observe.h"

static pid_t group, other;

static int as_user(void)
{
	MUST(setresuid(4323, 4323, 4323) == 0);
	SAY_CALL(kill(-group, SIGUSR1));
	SAY_CALL(kill(-group, 0));
	return 0;
}

static int own_member(void)
{
	MUST(setpgid(0, group) == 0);
	MUST(setresuid(4323, 4323, 4323) == 0);
	return pause_forever();
}

static int first_member(void)
{
	MUST(setpgid(0, 0) == 0);
	return pause_forever();
}

int main(void)
{
	group = child(first_member);
	until_state(group, 'S');
	say_status("all refused", wait_for(child(as_user)));
	other = child(own_member);
	until_state(other, 'S');
	say_status("one took it", wait_for(child(as_user)));
	say_status("the user's member", wait_for(other));
	say("the other member: %c", task_state(group));
	kill(group, SIGKILL);
	until_state(group, 'Z');
	SAY_CALL(kill(-group, SIGTERM)); /* a zombie counts */
	wait_for(group);
	SAY_CALL(kill(-group, SIGTERM));
	SAY_CALL(kill(-group, 77));
	SAY_CALL(killpg(-5, SIGTERM));
	return 0;
}
