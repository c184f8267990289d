#include "observe.h"

static pid_t one, two;

static int exit_3(void)
{
	return 3;
}

static int in_own_group(void)
{
	setpgid(0, 0);
	return 4;
}

static void waited(const char *what, pid_t id, int options)
{
	int status = 0x5555;
	errno = 0;
	pid_t got = wait4(id, &status, options, NULL);
	if (got > 0)
		say("%s: %s, status %#x", what,
		    got == one   ? "one"
		    : got == two ? "two"
				 : "another",
		    status);
	else
		say("%s: %s, status %#x", what, result_name(got), status);
}

int main(void)
{
	waited("no children", -1, 0);
	one = child(exit_3);
	two = child(in_own_group);
	until_state(one, 'Z');
	until_state(two, 'Z');
	waited("two's group", -two, 0);
	waited("two's group, empty", -two, 0);
	waited("our group", 0, 0);
	waited("our group, empty", 0, WNOHANG);
	one = child(pause_forever);
	waited("WNOHANG", one, WNOHANG);
	waited("__WCLONE", one, __WCLONE);
	waited("__WNOTHREAD", one, __WNOTHREAD | WNOHANG);
	waited("__WALL", one, __WALL | WNOHANG);
	waited("WEXITED", one, WEXITED);
	waited("unknown", one, 0x10000);
	waited("INT_MIN", INT32_MIN, WNOHANG);
	waited("init", 1, WNOHANG);
	waited("parent", getppid(), WNOHANG);
	waited("self", getpid(), 0);
	kill(one, SIGKILL);
	until_state(one, 'Z');
	SAY_CALL(wait4(one, (int *)8, 0, NULL));
	waited("reaped already", one, 0);
	one = child(exit_3);
	until_state(one, 'Z');
	SAY_CALL(wait4(one, NULL, 0, (struct rusage *)8));
	waited("reaped already", one, 0);
	one = child(exit_3);
	SAY_CALL(wait4(one, NULL, 0, NULL) == one);
	return 0;
}
