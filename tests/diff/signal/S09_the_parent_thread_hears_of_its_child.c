/* SIGCHLD is for the process, but the thread that made the child is asked first, and its mask says
 * whether a signal that is ignored by default is kept. */
#include "observe.h"

static pid_t main_tid;
static struct gate ready, done, go;
static int codes[4], takers[4];
static volatile int taken;

static void who(int sig UNUSED, siginfo_t *info, void *context UNUSED)
{
	takers[taken] = gettid() == main_tid;
	codes[taken] = info->si_code;
	taken++;
	open_gate(&done);
}

static int leave(void)
{
	return 0;
}

static void heard(const char *what)
{
	pass_gate(&done);
	say("%s: %s heard by %s", what, code_name(SIGCHLD, codes[taken - 1]),
	    takers[taken - 1] ? "main" : "the child's maker");
	taken = 0;
}

static void *maker(void *arg UNUSED)
{
	int status;

	pass_gate(&ready); /* pthread_create blocks signals: who unblocks one takes it, if he comes
			      first */
	pid_t pid = child(pause_forever);
	kill(pid, SIGSTOP);
	heard("stopped");
	kill(pid, SIGCONT);
	heard("continued");
	kill(pid, SIGKILL);
	heard("killed");
	waitpid(pid, &status, 0);
	block(SIGCHLD);
	pid = child(leave);
	heard("the maker blocks it");
	waitpid(pid, &status, 0);
	open_gate(&go);
	return NULL;
}

static void *maker_that_does_not(void *arg UNUSED)
{
	unblock(SIGCHLD);
	pid_t pid = child(leave);
	waitpid(pid, NULL, 0);
	return NULL;
}

int main(void)
{
	pthread_t t;

	main_tid = gettid();
	ready = new_gate();
	done = new_gate();
	go = new_gate();
	on_signal(SIGCHLD, who, SA_RESTART);
	MUST(pthread_create(&t, NULL, maker, NULL) == 0);
	open_gate(&ready);
	pass_gate(&go);
	pthread_join(t, NULL);
	signal(SIGCHLD, SIG_DFL);
	block(SIGCHLD);
	MUST(pthread_create(&t, NULL, maker_that_does_not, NULL) == 0);
	pthread_join(t, NULL);
	say_pending("ignored by default, blocked by main only");
	return 0;
}
