#include "observe.h"

static struct gate g;

static int leader(void)
{
	MUST(setsid() > 0);
	SAY_CALL(setpgid(0, 0));
	SAY_CALL(setsid());
	return 0;
}

static int waits(void)
{
	pass_gate(&g);
	return 0;
}

static int execs(void)
{
	char *argv[] = {"diff", "--list", NULL};
	int null = open("/dev/null", O_WRONLY);
	dup2(null, 1);
	fcntl(null, F_SETFD, FD_CLOEXEC);
	execv("/proc/self/exe", argv);
	return 1;
}

static int other_session(void)
{
	setsid();
	open_gate(&g);
	return pause_forever();
}

int main(void)
{
	setpgid(0, 0);
	say("we lead our group: %d", getpgrp() == getpid());
	say_status("child", wait_for(child(leader)));
	g = new_gate();
	pid_t a = child(waits), b = child(waits);
	SAY_CALL(setpgid(a, a));
	say("a leads: %d", getpgid(a) == a);
	SAY_CALL(setpgid(b, a));
	say("b is in a's group: %d", getpgid(b) == a);
	SAY_CALL(setpgid(b, 0));
	say("b leads: %d", getpgid(b) == b);
	SAY_CALL(setpgid(b, getpgrp()));
	SAY_CALL(setpgid(a, INT32_MAX));
	SAY_CALL(setpgid(a, -1));
	SAY_CALL(setpgid(INT32_MAX, 0));
	SAY_CALL(setpgid(-1, 0));
	SAY_CALL(setpgid(1, 0));
	SAY_CALL(setpgid(getppid(), 0));
	open_gate(&g);
	open_gate(&g);
	wait_for(a);
	wait_for(b);
	SAY_CALL(getpgid(a));
	SAY_CALL(getsid(a));
	pid_t c = child(execs);
	until_state(c, 'Z');
	SAY_CALL(setpgid(c, c));
	wait_for(c);
	struct gate *gate = &g;
	pid_t d = child(other_session);
	pass_gate(gate);
	SAY_CALL(setpgid(d, getpgrp()));
	SAY_CALL(setpgid(d, d));
	say("its session is its own: %d", getsid(d) == d);
	kill(d, SIGKILL);
	wait_for(d);
	return 0;
}
