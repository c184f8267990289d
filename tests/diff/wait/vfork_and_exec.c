#include "observe.h"

int main(void)
{
	int fd[2];
	char c;

	MUST(pipe2(fd, O_CLOEXEC) == 0);
	volatile int shared = 1;
	pid_t pid = vfork();
	if (pid == 0) {
		shared = 2;
		execl("/nonexistent", "x", NULL);
		_exit(errno == ENOENT ? 20 : 21);
	}
	say("the parent goes on after the child: shared %d", shared);
	say_status("child", wait_for(pid));
	pid = vfork();
	if (pid == 0) {
		execl("/proc/self/exe", "diff", "signal/S28_alternate_stacks_after_exec", NULL);
		_exit(1);
	}
	close(fd[1]);
	ssize_t n = read(fd[0], &c, 1);
	say_status("child", wait_for(pid));
	say("the pipe is closed by exec: %zd", n);
	return 0;
}
