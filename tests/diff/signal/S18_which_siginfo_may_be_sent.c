#include "observe.h"

static void try(pid_t to, const char *who, int code)
{
	siginfo_t info = {.si_signo = SIGUSR1, .si_code = code};
	info.si_pid = 1;
	info.si_uid = 77;
	info.si_value.sival_int = 5;
	int process = syscall(SYS_rt_sigqueueinfo, to, SIGUSR1, &info);
	say("%s code %d: rt_sigqueueinfo %s", who, code, result_name(process));
	int thread = syscall(SYS_rt_tgsigqueueinfo, to, to, SIGUSR1, &info);
	say("%s code %d: rt_tgsigqueueinfo %s", who, code, result_name(thread));
	struct timespec now = {0};
	while (to == getpid() && sigtimedwait(SET(SIGUSR1), &info, &now) > 0)
		say("  taken: code %d pid %d uid %u value %d", info.si_code, info.si_pid,
		    info.si_uid, info.si_value.sival_int);
}

int main(void)
{
	static const int codes[] = {SI_USER, SI_KERNEL, 1, 12345, SI_QUEUE, SI_TIMER, SI_TKILL,
	    SI_ASYNCNL, -100, INT32_MIN};
	siginfo_t info = {.si_signo = SIGTERM, .si_code = SI_QUEUE};

	block(SIGUSR1);
	pid_t other = child(pause_forever);
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		try(getpid(), "self", codes[i]);
		try(other, "other", codes[i]);
	}
	say_pending("before the number in siginfo differs");
	SAY_CALL(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
	struct timespec now = {0};
	sigtimedwait(SET(SIGUSR1), &info, &now);
	say("its si_signo: %d", info.si_signo);
	SAY_CALL(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, NULL));
	SAY_CALL(syscall(SYS_rt_sigqueueinfo, getpid(), 0, &info));
	SAY_CALL(syscall(SYS_rt_sigqueueinfo, getpid(), 99, &info));
	SAY_CALL(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0, SIGUSR1, &info));
	SAY_CALL(syscall(SYS_rt_tgsigqueueinfo, 1, getpid(), SIGUSR1, &info));
	kill(other, SIGKILL);
	wait_for(other);
	return 0;
}
