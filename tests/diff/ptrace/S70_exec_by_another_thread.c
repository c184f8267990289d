#include "tracing.h"

static struct gate start;
static void *execs(void *arg UNUSED)
{
	pass_gate(&start);
	dup2(open("/dev/null", O_WRONLY), 1);
	dup2(1, 2);
	execl("/proc/self/exe", "diff", "no such program", NULL);
	return NULL;
}

static void *stays(void *arg UNUSED)
{
	pause_forever();
	return NULL;
}

static int threads(void)
{
	pthread_t t, u;
	pthread_create(&t, NULL, execs, NULL);
	pthread_create(&u, NULL, stays, NULL);
	return pause_forever();
}

/* The exec does not go on before the sibling, a zombie, has been waited for. */
static void say_that_it_waits(pid_t pid, pid_t execing)
{
	int waits = 1;
	for (int i = 0; i < 40 && waits; i++) {
		waits = waitpid(pid, NULL, WNOHANG | __WALL) == 0 && task_state(execing) == 'D';
		short_sleep(500);
	}
	say("it waits for us: %d", waits);
}

int main(void)
{
	start = new_gate();
	pid_t pid = new_tracee(threads), tids[2];
	int n = 0;
	ptrace(PTRACE_SETOPTIONS, pid, NO_ARG,
	    PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT);
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	while (n < 2) {
		int status = wait_trace(pid);
		if (status >> 16 != 3)
			say_trace("leader", status);
		else
			tids[n++] = event_message(pid);
		ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	}
	for (int i = 0; i < 2; i++) {
		say_wait("thread", tids[i]);
		ptrace(PTRACE_CONT, tids[i], NO_ARG, 0L);
	}
	until_state(tids[1], 'S');
	open_gate(&start);
	say_wait("leader", pid);
	say("  message %#lx", event_message(pid));
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("sibling", tids[1]);
	say("  message %#lx", event_message(tids[1]));
	ptrace(PTRACE_CONT, tids[1], NO_ARG, 0L);
	until_state(tids[1], 'Z');
	until_state(tids[0], 'D');
	say_that_it_waits(pid, tids[0]);
	say_wait("sibling", tids[1]);
	say_wait("leader", pid);
	say("  message is the thread's old id: %d", event_message(pid) == (unsigned long)tids[0]);
	say("  the old id: %s", result_name(request(PTRACE_CONT, tids[0], 0, 0)));
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("leader", pid);
	say("  message %#lx", event_message(pid));
	ptrace(PTRACE_CONT, pid, NO_ARG, 0L);
	say_wait("leader", pid);
	return 0;
}
