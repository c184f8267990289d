#include "observe.h"

static void *outlives(void *arg UNUSED)
{
	short_sleep(50000);
	syscall(SYS_exit, 7);
	return NULL;
}

static void *outlives_then_all(void *arg UNUSED)
{
	short_sleep(50000);
	exit(9);
}

static int leader(void)
{
	pthread_t t;
	pthread_create(&t, NULL, outlives, NULL);
	syscall(SYS_exit, 5);
	return 0;
}

static int leader_group(void)
{
	pthread_t t;
	pthread_create(&t, NULL, outlives_then_all, NULL);
	syscall(SYS_exit, 5);
	return 0;
}

static void *stays(void *arg UNUSED)
{
	pause_forever();
	return NULL;
}

static int leader_of_stayer(void)
{
	pthread_t t;
	pthread_create(&t, NULL, stays, NULL);
	syscall(SYS_exit, 5);
	return 0;
}

int main(void)
{
	pid_t pid = child(leader);
	until_state(pid, 'Z');
	say("the leader is a zombie: wait gives %d", waitpid(pid, NULL, WNOHANG));
	say_status("exit of the last thread", wait_for(pid));
	pid = child(leader_group);
	until_state(pid, 'Z');
	say_status("exit_group of the last thread", wait_for(pid));
	pid = child(leader_of_stayer);
	until_state(pid, 'Z');
	SAY_CALL(kill(pid, 0));
	kill(pid, SIGTERM);
	say_status("SIGTERM to a process whose leader is gone", wait_for(pid));
	return 0;
}
