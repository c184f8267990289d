/* Whatever is pending for it. */
#include "observe.h"

static int spinning(void)
{
	signal(SIGUSR1, SIG_IGN);
	on_signal(SIGUSR2, quiet_handler, 0);
	for (;;)
		;
}

static unsigned long ticks(pid_t pid)
{
	char path[64], text[1024];
	unsigned long user, system;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	MUST(sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		 &user, &system) == 2);
	return user + system;
}

int main(void)
{
	int status;
	pid_t pid = child(spinning);
	short_sleep(50000);
	kill(pid, SIGSTOP);
	MUST(waitpid(pid, &status, WUNTRACED) == pid);
	short_sleep(20000);
	unsigned long before = ticks(pid);
	for (int i = 0; i < 50; i++) {
		kill(pid, SIGUSR1);
		kill(pid, SIGUSR2);
		kill(pid, SIGTERM);
		short_sleep(2000);
	}
	say("stopped: %c, %lu ticks more", task_state(pid), ticks(pid) - before);
	kill(pid, SIGCONT);
	say_status("child", wait_for(pid));
	return 0;
}
