#include "tracing.h"

static pid_t *tids;

static void *second(void *arg UNUSED)
{
	tids[1] = gettid();
	pause_forever();
	return NULL;
}

static int two_threads(void)
{
	pthread_t t;
	pthread_create(&t, NULL, second, NULL);
	tids[0] = gettid();
	return pause_forever();
}

static pid_t other_tracer(pid_t tid, struct gate *ready, struct gate *go)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	say("another attaches to the second thread: %s",
	    result_name(request(PTRACE_SEIZE, tid, 0, 0)));
	say("another attaches to the first thread: %s",
	    result_name(request(PTRACE_SEIZE, tids[0], 0, 0)));
	SAY_PTRACE(PTRACE_INTERRUPT, tid, 0, 0);
	say_wait("second thread", tid);
	open_gate(ready);
	pass_gate(go);
	SAY_PTRACE(PTRACE_DETACH, tid, 0, 0);
	open_gate(ready);
	_exit(0);
}

int main(void)
{
	struct gate ready = new_gate(), go = new_gate();
	tids = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = child(two_threads);
	while (!__atomic_load_n(&tids[0], __ATOMIC_SEQ_CST) ||
	       !__atomic_load_n(&tids[1], __ATOMIC_SEQ_CST))
		short_sleep(1000);
	until_state(tids[0], 'S');
	until_state(tids[1], 'S');
	SAY_PTRACE(PTRACE_SEIZE, tids[0], 0, 0);
	pid_t other = other_tracer(tids[1], &ready, &go);
	pass_gate(&ready);
	say("states: first %c, second %c", task_state(tids[0]), task_state(tids[1]));
	say("traced by us: first %d, second %d", traced_by(tids[0]) == getpid(),
	    traced_by(tids[1]) == getpid());
	say("traced by the other: second %d", traced_by(tids[1]) == other);
	say("our request to the second:");
	SAY_PTRACE(PTRACE_CONT, tids[1], 0, 0);
	SAY_PTRACE(PTRACE_INTERRUPT, tids[0], 0, 0);
	say_wait("first thread", tids[0]);
	SAY_PTRACE(PTRACE_CONT, tids[0], 0, 0);
	open_gate(&go);
	pass_gate(&ready);
	until_state(tids[1], 'S');
	say("tracer of the second: %d", traced_by(tids[1]));
	wait_for(other);
	finish(pid);
	return 0;
}
