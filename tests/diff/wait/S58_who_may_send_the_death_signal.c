/* PR_SET_PDEATHSIG: sent when the thread that made the child ends, by its rights, once; a change of
 * user forgets it. */
#include "observe.h"

static struct gate told, go;
static volatile int signals;

static void death(int sig UNUSED, siginfo_t *info, void *context UNUSED)
{
	signals++;
	say("  the death signal: %s from %s, uid %u", code_name(SIGUSR1, info->si_code),
	    info->si_pid ? "a process" : "nobody", info->si_uid);
}

static int child_uid, parent_uid;

static int wants_to_know(void)
{
	int sig = -1;
	pid_t parent = getppid();

	on_signal(SIGUSR1, death, 0);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	if (child_uid)
		MUST(syscall(SYS_setresuid, child_uid, child_uid, child_uid) == 0);
	prctl(PR_GET_PDEATHSIG, &sig);
	say("  after setresuid: %d", sig);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	open_gate(&told);
	while (getppid() == parent)
		short_sleep(500);
	for (int i = 0; i < 100 && !signals; i++)
		short_sleep(500);
	say("  heard of it: %d", signals);
	open_gate(&go);
	return 0;
}

static int dies(void)
{
	child(wants_to_know);
	pass_gate(&told);
	if (parent_uid)
		MUST(syscall(SYS_setresuid, parent_uid, parent_uid, parent_uid) == 0);
	return 0;
}

static void family(const char *what, int parent, int child_)
{
	say("%s", what);
	parent_uid = parent;
	child_uid = child_;
	wait_for(child(dies));
	pass_gate(&go);
}

static void *maker(void *arg UNUSED)
{
	pid_t pid = fork();
	if (pid == 0) {
		on_signal(SIGUSR1, death, 0);
		prctl(PR_SET_PDEATHSIG, SIGUSR1);
		open_gate(&told);
		while (!signals)
			short_sleep(500);
		_exit(3);
	}
	pass_gate(&told);
	return (void *)(long)pid;
}

int main(void)
{
	pthread_t t;
	void *pid;

	told = new_gate();
	go = new_gate();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	family("both root's", 0, 0);
	family("the child another's", 0, 1000);
	family("the parent another's", 1001, 1000);
	say("the thread that made it ends");
	MUST(pthread_create(&t, NULL, maker, NULL) == 0);
	pthread_join(t, &pid);
	say_status("  it", wait_for((pid_t)(long)pid));
	return 0;
}
