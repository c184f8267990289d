/* The sender's real or effective user is the target's real or saved one; SIGCONT within the
 * session. */
#include "observe.h"

static pid_t target;
static int real, effective, saved, sig;

static int being(void)
{
	if (sig == -1)
		setsid();
	MUST(setresuid(real, effective, saved) == 0);
	return pause_forever();
}

static int sending(void)
{
	MUST(setresuid(real, effective, saved) == 0);
	int result = kill(target, sig);
	say("  as %d %d %d: %s = %s", real, effective, saved, sig ? sig_name(sig) : "0",
	    result_name(result));
	return 0;
}

static void try(int r, int e, int s, int signal)
{
	real = r;
	effective = e;
	saved = s;
	sig = signal;
	wait_for(child(sending));
}

static void against(int r, int e, int s, bool own_session)
{
	say("target %d %d %d%s", r, e, s, own_session ? ", another session" : "");
	real = r;
	effective = e;
	saved = s;
	sig = own_session ? -1 : 0;
	target = child(being);
	until_state(target, 'S');
	try(1, 1, 1, 0);
	try(2, 2, 2, 0);
	try(3, 3, 3, 0);
	try(1, 9, 9, 0);
	try(9, 1, 9, 0);
	try(9, 9, 1, 0);
	try(9, 9, 3, 0);
	try(9, 9, 9, SIGCONT);
	try(9, 0, 9, SIGWINCH);
	kill(target, SIGKILL);
	wait_for(target);
}

int main(void)
{
	against(1, 1, 1, false);
	against(1, 2, 3, false);
	against(1, 2, 3, true);
	against(0, 1, 0, false);
	return 0;
}
