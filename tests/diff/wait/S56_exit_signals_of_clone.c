/* A child may end with another signal than SIGCHLD: who waits for it, and when it is SIGCHLD after
 * all. */
#include "observe.h"

static char stack[65536] __attribute__((aligned(16)));
static struct gate go;

static int leave(void *arg UNUSED)
{
	return 6;
}

static int after_gate(void *arg UNUSED)
{
	pass_gate(&go);
	return 7;
}

static int execs(void *arg UNUSED)
{
	execl("/proc/self/exe", "diff", "--list", NULL);
	return 8;
}

static int sibling(void *arg UNUSED)
{
	/* As a child of our parent: with our own exit signal, whatever is asked for. */
	static char other[65536] __attribute__((aligned(16)));
	pid_t pid = clone(leave, other + sizeof(other), CLONE_PARENT | SIGUSR2, NULL);
	say("  CLONE_PARENT: %s", pid > 0 ? "made" : strerror(errno));
	until_state(pid, 'Z'); /* it is the first to send the signal that both end with */
	say("  waitpid of it: %s", result_name(waitpid(pid, NULL, __WALL | WNOHANG)));
	return 9;
}

static pid_t make(int (*fn)(void *), int flags)
{
	pid_t pid = clone(fn, stack + sizeof(stack), flags, NULL);
	MUST(pid > 0);
	return pid;
}

static void take(const char *what)
{
	siginfo_t info;
	sigset_t set = set_of(SIGCHLD, SIGUSR1, SIGUSR2, SIGRTMIN, 0);

	if (sigtimedwait(&set, &info, &(struct timespec){0, 0}) < 0)
		say("  %s: no signal", what);
	else
		say("  %s: %s code %d status %d", what, sig_name(info.si_signo), info.si_code,
		    info.si_status);
}

static void waited(const char *what, pid_t pid, int options)
{
	int status = 0;
	errno = 0;
	pid_t got = waitpid(pid, &status, options);

	say("  %s: %s", what, got == pid ? "the child" : result_name(got));
	if (got == pid)
		say_status("  it", status);
}

static void quiet_exec(void)
{
	int keep = dup(1), null = open("/dev/null", O_WRONLY);

	dup2(null, 1);
	pid_t pid = make(execs, SIGUSR1);
	until_state(pid, 'Z');
	dup2(keep, 1);
	close(keep);
	close(null);
	say("exit signal SIGUSR1, but it made an exec");
	take("signal");
	waited("wait", pid, 0);
}

/* After an exec of the parent, what its old children end with is SIGCHLD. */
static int parent_of_old(void)
{
	sigset_t set = set_of(SIGCHLD, SIGUSR1, 0);
	siginfo_t info;

	MUST(sigwaitinfo(&set, &info) > 0);
	say("the parent made an exec: %s", sig_name(info.si_signo));
	waited("wait", info.si_pid, 0);
	waited("wait, __WCLONE", info.si_pid, __WCLONE);
	return 0;
}

static int execs_itself(void)
{
	make(after_gate, SIGUSR1);
	setenv("OLD_CHILD", "1", 1);
	char fd[16];
	snprintf(fd, sizeof(fd), "%d", go.fd[1]);
	setenv("GATE", fd, 1);
	execl("/proc/self/exe", "diff", "wait/S56_exit_signals_of_clone", NULL);
	return 1;
}

int main(void)
{
	sigset_t set = set_of(SIGCHLD, SIGUSR1, SIGUSR2, SIGRTMIN, 0);

	sigprocmask(SIG_BLOCK, &set, NULL);
	if (getenv("OLD_CHILD")) {
		MUST(write(atoi(getenv("GATE")), "", 1) == 1);
		return parent_of_old();
	}
	go = new_gate();
	say("exit signal SIGUSR1");
	pid_t pid = make(leave, SIGUSR1);
	until_state(pid, 'Z');
	take("signal");
	waited("wait", pid, WNOHANG);
	waited("wait, __WCLONE", pid, __WCLONE);
	say("exit signal SIGRTMIN");
	pid = make(leave, SIGRTMIN);
	until_state(pid, 'Z');
	take("signal");
	waited("wait, __WALL", pid, __WALL);
	say("no exit signal");
	pid = make(leave, 0);
	until_state(pid, 'Z');
	take("signal");
	waited("wait", pid, WNOHANG);
	waited("wait, __WCLONE", pid, __WCLONE);
	say("SIGCHLD, and __WCLONE");
	pid = make(leave, SIGCHLD);
	until_state(pid, 'Z');
	take("signal");
	waited("wait, __WCLONE", pid, __WCLONE | WNOHANG);
	waited("wait", pid, 0);
	say("a sibling");
	pid = make(sibling, SIGUSR1);
	until_state(pid, 'Z');
	waited("its maker, __WCLONE", pid, __WCLONE);
	pid = waitpid(-1, NULL, __WCLONE);
	say("  the sibling: %s", pid > 0 ? "waited for with __WCLONE" : strerror(errno));
	take("signal");
	take("signal");
	quiet_exec();
	say_status("parent", wait_for(child(execs_itself)));
	return 0;
}
