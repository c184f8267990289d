/* Subreapers, PR_SET_PDEATHSIG. */
#include "observe.h"

static struct gate told, go;

static int orphan(void)
{
	pid_t parent = getppid();
	open_gate(&told);
	while (getppid() == parent)
		short_sleep(500);
	open_gate(&go);
	return 12;
}

static int in_between(void)
{
	child(orphan);
	pass_gate(&told);
	return 2;
}

static void death(int sig, siginfo_t *info, void *context UNUSED)
{
	say("told by %s %s from %s", sig_name(sig), code_name(sig, info->si_code),
	    info->si_pid ? "the parent" : "nobody");
	open_gate(&go);
	_exit(0);
}

static int wants_to_know(void)
{
	on_signal(SIGUSR1, death, 0);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	open_gate(&told);
	return pause_forever();
}

static int dies(void)
{
	child(wants_to_know);
	pass_gate(&told);
	return 0;
}

static int subreaping(void)
{
	int status, on = -1;
	SAY_CALL(prctl(PR_SET_CHILD_SUBREAPER, 1));
	SAY_CALL(prctl(PR_GET_CHILD_SUBREAPER, &on));
	say("subreaper %d", on);
	pid_t pid = child(in_between);
	say_status("child", wait_for(pid));
	pass_gate(&go);
	MUST(wait(&status) > 0);
	say_status("its orphan", status);
	SAY_CALL(wait(NULL));
	status = wait_for(child(dies));
	pass_gate(&go);
	say_status("a parent that dies", status);
	wait(NULL);
	return 0;
}

int main(void)
{
	told = new_gate();
	go = new_gate();
	say_status("subreaper", wait_for(child(subreaping)));
	int sig = -1;
	SAY_CALL(prctl(PR_SET_PDEATHSIG, 65));
	SAY_CALL(prctl(PR_SET_PDEATHSIG, SIGHUP));
	SAY_CALL(prctl(PR_GET_PDEATHSIG, &sig));
	say("signal %d", sig);
	int in_fork_sig = -1;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_GET_PDEATHSIG, &in_fork_sig);
		say("in a child: %d", in_fork_sig);
		_exit(0);
	}
	wait_for(pid);
	return 0;
}
