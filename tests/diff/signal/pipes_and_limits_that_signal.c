/* SIGPIPE, SIGXFSZ, SIGXCPU. */
#include "observe.h"

static int cpu_eater(void)
{
	struct rlimit one = {1, 3};
	setrlimit(RLIMIT_CPU, &one);
	for (;;)
		;
}

static int cpu_catcher(void)
{
	struct rlimit one = {1, 2};
	on_signal(SIGXCPU, say_info_handler, 0);
	setrlimit(RLIMIT_CPU, &one);
	for (;;)
		;
}

static int pipe_default(void)
{
	int fd[2];
	MUST(pipe(fd) == 0);
	close(fd[0]);
	return write(fd[1], "x", 1) < 0;
}

static int file_default(void)
{
	struct rlimit ten = {10, 10};
	int fd = memfd_create("x", 0);
	setrlimit(RLIMIT_FSIZE, &ten);
	SAY_CALL(write(fd, "12345678", 8));
	SAY_CALL(write(fd, "12345678", 8));
	SAY_CALL(write(fd, "12345678", 8));
	return 0;
}

int main(void)
{
	say_status("write to a closed pipe", wait_for(child(pipe_default)));
	say_status("write past RLIMIT_FSIZE", wait_for(child(file_default)));
	say_status("past RLIMIT_CPU", wait_for(child(cpu_eater)));
	say_status("past RLIMIT_CPU, caught", wait_for(child(cpu_catcher)));
	int fd[2];
	MUST(pipe(fd) == 0);
	close(fd[0]);
	on_signal(SIGPIPE, say_info_handler, 0);
	SAY_CALL(write(fd[1], "x", 1));
	SAY_CALL(write(fd[1], "", 0));
	signal(SIGPIPE, SIG_IGN);
	SAY_CALL(write(fd[1], "x", 1));
	on_signal(SIGXFSZ, say_info_handler, 0);
	struct rlimit ten = {10, RLIM_INFINITY};
	setrlimit(RLIMIT_FSIZE, &ten);
	int file = memfd_create("x", 0);
	SAY_CALL(write(file, "12345678901234567890", 20));
	SAY_CALL(write(file, "1", 1));
	SAY_CALL(ftruncate(file, 11));
	SAY_CALL(ftruncate(file, 9));
	return 0;
}
