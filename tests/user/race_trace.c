/* Races of tracers, of those they trace, and of exec: R08 to R18. */
#include "race.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#define EVENT_STOP(status) ((status) >> 16 == PTRACE_EVENT_STOP)
#define LEFT_WITH          7 /* the exit code of the program that is run by exec */

struct shared {
	volatile int ready, go, handled, tid;
};

static struct shared *shared;

static void handle(int sig UNUSED)
{
	ADD(shared->handled, 1);
}

/* --- somebody who sends a signal at a random moment --- */

struct sender {
	pthread_t thread;
	pid_t pid;
	int sig;
};

static void *send(void *arg)
{
	struct sender *s = arg;

	random_delay();
	CHECK(!kill(s->pid, s->sig) || errno == ESRCH);
	return NULL;
}

static void send_soon(struct sender *s, pid_t pid, int sig)
{
	s->pid = pid;
	s->sig = sig;
	s->thread = start(send, s);
}

static void join_sender(struct sender *s)
{
	CHECK_OK(pthread_join(s->thread, NULL));
}

/* --- tracees --- */

static pid_t child(void (*fn)(void))
{
	shared->ready = shared->go = shared->handled = 0;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGKILL));
		fn();
		_exit(0);
	}
	return pid;
}

static void await_child(void)
{
	AWAIT(LOAD(shared->ready));
}

static int await_stop(pid_t pid)
{
	int status;

	CHECK_EQ(pid, waitpid(pid, &status, __WALL));
	CHECK(WIFSTOPPED(status));
	return status;
}

/* It may have been killed meanwhile: then there is nobody. */
static void resume(pid_t pid, int sig)
{
	CHECK(!ptrace(PTRACE_CONT, pid, NULL, (void *)(long)sig) || errno == ESRCH);
}

static void expect_killed(pid_t pid)
{
	int status;

	do {
		CHECK_EQ(pid, waitpid(pid, &status, __WALL));
		if (WIFSTOPPED(status))
			resume(pid, 0);
	} while (WIFSTOPPED(status));
	CHECK_EQ(SIGKILL, status);
}

static void pause_ready(void)
{
	catch_signal(SIGUSR1, handle);
	STORE(shared->ready, 1);
	for (;;)
		pause();
}

static void stop_for_tracer(void)
{
	CHECK_OK(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	raise(SIGSTOP);
	for (;;)
		pause();
}

static void raise_for_tracer(void)
{
	CHECK_OK(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	STORE(shared->ready, 1);
	for (;;)
		raise(SIGUSR1);
}

/* R08: a tracee on its way into a stop is killed */
static void stop_and_kill(void)
{
	struct sender s;

	for (int i = rounds(); i; i--) {
		pid_t pid = child(raise_for_tracer);
		await_child();
		send_soon(&s, pid, SIGKILL);
		expect_killed(pid);
		join_sender(&s);
	}
}

/* R09: nothing else gets it out of there */
static void stopped_stays(void)
{
	struct sender s;
	int status;

	for (int i = rounds(); i; i--) {
		pid_t pid = child(stop_for_tracer);
		send_soon(
		    &s, pid, SIGTERM); /* it may come before the stop, or even before TRACEME */
		CHECK_EQ(pid, waitpid(pid, &status, __WALL));
		join_sender(&s);
		if (WIFSIGNALED(status)) {
			CHECK_EQ(SIGTERM, status);
			continue;
		}
		random_delay();
		CHECK_OK(waitpid(pid, &status, WNOHANG | __WALL));
		resume(pid, 0);
		int other = WSTOPSIG(await_stop(pid));
		CHECK_EQ(SIGSTOP + SIGTERM, WSTOPSIG(status) + other);
		CHECK_OK(kill(pid, SIGKILL));
		expect_killed(pid);
	}
}

/* R10: SIGCONT takes the SIGSTOP of an attach away, and is itself what the tracer hears of */
static void attach_and_continue(void)
{
	struct sender s;
	int status, sig;

	for (int i = rounds(); i; i--) {
		pid_t pid = child(pause_ready);
		await_child();
		if (random_below(2)) {
			CHECK_OK(kill(pid, SIGSTOP));
			CHECK_EQ(pid, waitpid(pid, &status, WUNTRACED));
		}
		send_soon(&s, pid, SIGCONT);
		CHECK_OK(ptrace(PTRACE_ATTACH, pid, NULL, NULL));
		sig = WSTOPSIG(await_stop(pid));
		CHECK(sig == SIGSTOP || sig == SIGCONT);
		join_sender(&s);
		CHECK_OK(kill(pid, SIGKILL));
		expect_killed(pid);
	}
}

/* R11: whenever a SIGSTOP meets a detach, it stops */
static void detach_and_stop(void)
{
	struct sender s;
	int status;

	for (int i = rounds(); i; i--) {
		pid_t pid = child(stop_for_tracer);
		CHECK_EQ(SIGSTOP, WSTOPSIG(await_stop(pid)));
		send_soon(&s, pid, SIGSTOP);
		random_delay();
		CHECK_OK(ptrace(PTRACE_DETACH, pid, NULL, NULL));
		CHECK_EQ(pid, waitpid(pid, &status, WUNTRACED));
		CHECK(WIFSTOPPED(status));
		CHECK_EQ(SIGSTOP, WSTOPSIG(status));
		join_sender(&s);
		finish_child(pid);
	}
}

/* R12: requests to one that is being killed do something or nothing */
static void requests_and_kill(void)
{
	struct sender s;

	for (int i = rounds(); i; i--) {
		pid_t pid = child(stop_for_tracer);
		CHECK_EQ(SIGSTOP, WSTOPSIG(await_stop(pid)));
		send_soon(&s, pid, SIGKILL);
		random_delay();
		errno = 0;
		ptrace(PTRACE_PEEKDATA, pid, &shared, NULL);
		CHECK(!errno || errno == ESRCH);
		if (random_below(2))
			resume(pid, SIGUSR2);
		else
			CHECK(!ptrace(PTRACE_DETACH, pid, NULL, NULL) || errno == ESRCH);
		join_sender(&s);
		int status;
		CHECK_EQ(pid, waitpid(pid, &status, __WALL));
		CHECK(status == SIGKILL || status == SIGUSR2);
	}
}

static pid_t traced;
static long seize_options;

static void seize_and_exit(void)
{
	CHECK_OK(ptrace(PTRACE_SEIZE, traced, NULL, (void *)seize_options));
	STORE(shared->go, 1);
	random_delay();
}

static void raise_often(void)
{
	catch_signal(SIGUSR1, handle);
	STORE(shared->ready, 1);
	for (;;)
		raise(SIGUSR1);
}

/* R13: the tracer ends while its tracee goes into a stop */
static void tracer_exits(void)
{
	int status;

	for (int i = rounds(); i; i--) {
		seize_options = random_below(2) ? PTRACE_O_EXITKILL : 0;
		traced = child(raise_often);
		await_child();
		pid_t tracer = fork();
		CHECK(tracer >= 0);
		if (!tracer) {
			seize_and_exit();
			_exit(0);
		}
		CHECK_EQ(tracer, waitpid(tracer, &status, 0));
		CHECK_EQ(0, status);
		if (seize_options) {
			expect_killed(traced);
			continue;
		}
		int before = LOAD(shared->handled);
		AWAIT(LOAD(shared->handled) > before);
		finish_child(traced);
	}
}

static void leave_soon(void)
{
	STORE(shared->ready, 1);
	AWAIT(LOAD(shared->go));
	random_delay();
	_exit(LEFT_WITH);
}

static void hear_of_the_end(void)
{
	int status;

	CHECK_OK(ptrace(PTRACE_SEIZE, traced, NULL, NULL));
	STORE(shared->go, 1);
	random_delay();
	CHECK_EQ(traced, waitpid(traced, &status, __WALL));
	CHECK_EQ(LEFT_WITH << 8, status);
}

/* R14: tracer and parent each hear of the end */
static void parent_waits_first(void)
{
	int status;

	for (int i = rounds(); i; i--) {
		traced = child(leave_soon);
		await_child();
		pid_t tracer = fork();
		CHECK(tracer >= 0);
		if (!tracer) {
			hear_of_the_end();
			_exit(0);
		}
		AWAIT(LOAD(shared->go));
		random_delay();
		CHECK_EQ(traced, waitpid(traced, &status, 0));
		CHECK_EQ(LEFT_WITH << 8, status);
		CHECK_EQ(tracer, waitpid(tracer, &status, 0));
		CHECK_EQ(0, status);
	}
}

/* R15: an interrupt is owed one stop, a signal its own */
static void interrupt_and_signal(void)
{
	struct sender s;

	for (int i = rounds(); i; i--) {
		int signals = 0, events = 0;
		pid_t pid = child(pause_ready);
		await_child();
		CHECK_OK(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
		send_soon(&s, pid, SIGUSR1);
		random_delay();
		CHECK_OK(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
		while (!LOAD(shared->handled)) {
			int status;
			if (!waitpid(pid, &status, WNOHANG | __WALL)) {
				sched_yield();
				continue;
			}
			CHECK(WIFSTOPPED(status));
			bool event = EVENT_STOP(status);
			CHECK_EQ(event ? SIGTRAP : SIGUSR1, WSTOPSIG(status));
			signals += !event;
			events += event;
			CHECK_OK(ptrace(PTRACE_CONT, pid, NULL, event ? 0L : (long)SIGUSR1));
		}
		join_sender(&s);
		CHECK_EQ(1, signals);
		CHECK(events <= 1);
		CHECK_EQ(1, LOAD(shared->handled));
		CHECK_OK(kill(pid, SIGKILL));
		expect_killed(pid);
	}
}

/* --- exec --- */

static void leave(void)
{
	_exit(LEFT_WITH);
}

static void *exec_soon(void *arg UNUSED)
{
	AWAIT(LOAD(shared->go));
	random_delay();
	execl("/proc/self/exe", "race_trace", "leave", NULL);
	FAIL("exec");
}

static void exec_twice(void)
{
	for (int i = 0; i < 2; i++)
		start(exec_soon, NULL);
	STORE(shared->go, 1);
	for (;;)
		pause();
}

static void expect_left(pid_t pid)
{
	int status;

	CHECK_EQ(pid, waitpid(pid, &status, __WALL));
	CHECK_EQ(LEFT_WITH << 8, status);
}

/* R16: one of two wins */
static void two_execs(void)
{
	for (int i = rounds(); i; i--)
		expect_left(child(exec_twice));
}

static void *pause_thread(void *arg UNUSED)
{
	shared->tid = (int)syscall(SYS_gettid);
	STORE(shared->ready, 1);
	for (;;)
		pause();
	return NULL;
}

static void exec_among_threads(void)
{
	for (int i = 0; i < 3; i++)
		start(pause_thread, NULL);
	exec_soon(NULL);
}

/* R17: killed while it kills its siblings */
static void exec_and_kill(void)
{
	struct sender s;
	int status;

	for (int i = rounds(); i; i--) {
		pid_t pid = child(exec_among_threads);
		await_child();
		send_soon(&s, pid, SIGKILL);
		STORE(shared->go, 1);
		CHECK_EQ(pid, waitpid(pid, &status, 0));
		CHECK(status == SIGKILL || status == LEFT_WITH << 8);
		join_sender(&s);
	}
}

static void exec_beside_one(void)
{
	start(pause_thread, NULL);
	exec_soon(NULL);
}

/* R18: exec waits until the tracer of a sibling has heard of that one's end */
static void exec_and_stopped_sibling(void)
{
	int status;

	for (int i = rounds(); i; i--) {
		pid_t pid = child(exec_beside_one);
		await_child();
		pid_t tid = shared->tid;
		CHECK_OK(ptrace(PTRACE_SEIZE, tid, NULL, NULL));
		STORE(shared->go, 1);
		random_delay();
		CHECK(!ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) || errno == ESRCH);
		CHECK_EQ(tid, waitpid(tid, &status, __WALL));
		if (WIFSTOPPED(status)) {
			CHECK(EVENT_STOP(status));
			random_delay();
			CHECK_EQ(tid, waitpid(tid, &status, __WALL));
		}
		CHECK_EQ(0, status);
		expect_left(pid);
	}
}

static void setup(void) __attribute__((constructor));
static void setup(void)
{
	shared = shared_page();
}

SUBCOMMANDS({"stop_and_kill", stop_and_kill}, {"stopped_stays", stopped_stays},
    {"attach_and_continue", attach_and_continue}, {"detach_and_stop", detach_and_stop},
    {"requests_and_kill", requests_and_kill}, {"tracer_exits", tracer_exits},
    {"parent_waits_first", parent_waits_first}, {"interrupt_and_signal", interrupt_and_signal},
    {"two_execs", two_execs}, {"exec_and_kill", exec_and_kill},
    {"exec_and_stopped_sibling", exec_and_stopped_sibling}, {"leave", leave})
