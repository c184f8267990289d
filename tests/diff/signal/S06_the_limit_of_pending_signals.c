/* Of a user without privileges. */
#include "observe.h"

static void drain(void)
{
	siginfo_t info;
	sigset_t all;
	struct timespec now = {0};
	sigfillset(&all);
	while (sigtimedwait(&all, &info, &now) > 0)
		say("taken: %d %s from %s value %d", info.si_signo,
		    code_name(info.si_signo, info.si_code), pid_name(info.si_pid),
		    info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
}

static int limited(void)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	MUST(setresuid(4321, 4321, 4321) == 0);
	struct rlimit two = {2, 2};
	MUST(setrlimit(RLIMIT_SIGPENDING, &two) == 0);
	for (int i = 0; i < 3; i++)
		SAY_CALL(sigqueue(getpid(), 40, (union sigval){.sival_int = i}));
	SAY_CALL(kill(getpid(), SIGUSR1));
	SAY_CALL(kill(getpid(), 41));
	SAY_CALL(sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 7}));
	SAY_CALL(syscall(SYS_tgkill, getpid(), gettid(), SIGHUP));
	SAY_CALL(syscall(SYS_tgkill, getpid(), gettid(), 42));
	SAY_CALL(pthread_sigqueue(pthread_self(), 43, (union sigval){.sival_int = 9}));
	say_pending("pending");
	drain();
	say("again, after they were taken");
	SAY_CALL(sigqueue(getpid(), 40, (union sigval){.sival_int = 8}));
	drain();
	return 0;
}

int main(void)
{
	say_status("child", wait_for(child(limited)));
	return 0;
}
