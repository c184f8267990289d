/* Sending to a zombie succeeds, and leaves nothing; a leader that ended before its threads still
 * takes signals for the process. */
#include "observe.h"

static int leave(void)
{
	return 0;
}

static void *stays(void *arg UNUSED)
{
	pause_forever();
	return NULL;
}

static int leader(void)
{
	pthread_t t;

	block(SIGUSR1);
	block(SIGRTMIN);
	MUST(pthread_create(&t, NULL, stays, NULL) == 0);
	return syscall(SYS_exit, 0);
}

static void say_queues(pid_t pid)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strncmp(line, "SigPnd", 6) == 0 || strncmp(line, "ShdPnd", 6) == 0)
			say("  %s", line);
}

static void send(pid_t pid)
{
	union sigval value = {.sival_int = 1};

	SAY_CALL(kill(pid, SIGUSR1));
	SAY_CALL(kill(pid, SIGKILL - 9));
	SAY_CALL(kill(pid, SIGCONT));
	SAY_CALL(sigqueue(pid, SIGRTMIN, value));
	SAY_CALL(syscall(SYS_tgkill, pid, pid, SIGRTMIN));
	say_queues(pid);
}

int main(void)
{
	pid_t pid = child(leave);

	until_state(pid, 'Z');
	say("a zombie");
	send(pid);
	SAY_CALL(kill(pid, SIGKILL));
	SAY_CALL(kill(pid, SIGSTOP));
	SAY_CALL(kill(pid, 65));
	say_queues(pid);
	say_status("it", wait_for(pid));
	pid = child(leader);
	until_state(pid, 'Z');
	say("a leader whose thread lives");
	send(pid);
	SAY_CALL(kill(pid, SIGKILL));
	say_status("it", wait_for(pid));
	return 0;
}
