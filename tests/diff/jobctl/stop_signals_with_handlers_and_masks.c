#include "observe.h"

static int handled(void)
{
	on_signal(SIGTSTP, say_handler, 0);
	pause();
	return 3;
}

static int ignored(void)
{
	signal(SIGTSTP, SIG_IGN);
	raise(SIGTSTP);
	say("ignored");
	return 4;
}

static int blocked(void)
{
	block(SIGTSTP);
	raise(SIGTSTP);
	say_pending("blocked");
	kill(getpid(), SIGCONT);
	say_pending("after SIGCONT");
	raise(SIGTSTP);
	unblock(SIGTSTP);
	say("went on");
	return 5;
}

static void stops_itself(int sig, siginfo_t *info UNUSED, void *context UNUSED)
{
	/* As a program that restores the terminal before it stops. */
	signal(sig, SIG_DFL);
	unblock(sig);
	raise(sig);
	say("after the stop");
	on_signal(sig, stops_itself, 0);
}

static int classic(void)
{
	on_signal(SIGTSTP, stops_itself, 0);
	on_signal(SIGCONT, say_handler, 0);
	pause();
	return 6;
}

static int (*job)(void);

/* In a group of its own from the start: the group of a session's leader is orphaned. */
static int in_own_group(void)
{
	setpgid(0, 0);
	return job();
}

static void run(const char *name, int (*fn)(void), int sig)
{
	int status;
	job = fn;
	pid_t pid = child(in_own_group);
	if (sig) {
		until_state(pid, 'S');
		kill(pid, sig);
	}
	for (;;) {
		MUST(waitpid(pid, &status, WUNTRACED) == pid);
		say_status(name, status);
		if (!WIFSTOPPED(status))
			break;
		kill(pid, SIGCONT);
	}
}

int main(void)
{
	run("handled", handled, SIGTSTP);
	run("ignored", ignored, 0);
	run("blocked", blocked, 0);
	run("classic", classic, SIGTSTP);
	return 0;
}
