/* A thread's id names its process to getpgid and kill, and nothing to setpgid and setsid's group.
 */
#include "observe.h"

static pid_t tid;
static struct gate ready;

static void *stays(void *arg UNUSED)
{
	tid = gettid();
	open_gate(&ready);
	pause_forever();
	return NULL;
}

int main(void)
{
	pthread_t t;

	ready = new_gate();
	pid_t mine = fork();
	if (mine) {
		say_status("the program", wait_for(mine));
		return 0;
	}
	MUST(pthread_create(&t, NULL, stays, NULL) == 0);
	pass_gate(&ready);
	SAY_CALL(setpgid(tid, 0));
	SAY_CALL(setpgid(0, tid));
	SAY_CALL(setpgid(getpid(), 0));
	say("getpgid of a thread: %d", getpgid(tid) == getpid());
	say("getsid of a thread: %d", getsid(tid) == getsid(0));
	SAY_CALL(kill(tid, 0));
	SAY_CALL(kill(-tid, 0));
	SAY_CALL(syscall(SYS_pidfd_open, tid, 0));
	SAY_CALL(getpgid(999999));
	SAY_CALL(getpgid(-1));
	SAY_CALL(getsid(-1));
	SAY_CALL(waitpid(tid, NULL, WNOHANG));
	return 0;
}
