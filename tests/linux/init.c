/*
 * The first process of a boot of Debian's kernel (tests/linux/run). Mounts what Perilune has from
 *the start, then does what its word on the kernel's command line says: command		runs the
 *words of /linux/argv, each ended by a NUL, output on the serial line as it is terminal	the
 *same in a session whose controlling terminal is the serial line cases		runs each line of
 * /linux/cases, "PROGRAM SUBCOMMAND SECONDS", as the Lua tests run subcommands Frames it in
 *"\036BEGIN\n" and "\036END status\n", and powers off.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORDS  1024
#define OUTPUT_MAX 65536

static char *const environment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=linux",
    "USER=root", NULL};

static void mount_all(void)
{
	static const struct {
		const char *type, *where, *options;
	} mounts[] = {
	    {"devtmpfs", "/dev", "mode=755"},
	    {"proc", "/proc", NULL},
	    {"sysfs", "/sys", NULL},
	    {"devpts", "/dev/pts", "mode=620,gid=5,ptmxmode=666"},
	    {"tmpfs", "/dev/shm", "mode=1777"},
	    {"tmpfs", "/tmp", "mode=1777"},
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0, mounts[i].options))
			fprintf(stderr, "mount %s: %s\n", mounts[i].where, strerror(errno));
	}
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");
}

static void set_hostname(void)
{
	char name[65];
	int fd = open("/etc/hostname", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);

	if (n > 0) {
		name[n] = 0;
		name[strcspn(name, "\n")] = 0;
		sethostname(name, strlen(name));
	}
	close(fd);
}

/* The serial line on 0, 1 and 2; raw, so that bytes arrive as they are written. */
static void open_line(bool raw)
{
	struct termios t;
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	if (raw && !tcgetattr(0, &t)) {
		cfmakeraw(&t);
		tcsetattr(0, TCSANOW, &t);
	}
}

static void write_all(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(1, p, n);
		if (done < 0 && errno != EINTR)
			return;
		if (done > 0)
			p += done, n -= (size_t)done;
	}
}

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static pid_t start(char **words, int out, bool terminal)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (terminal) {
		setsid();
		close(0);
		open("/dev/ttyS0", O_RDWR);
		ioctl(0, TIOCSCTTY, 0);
		dup2(0, 1);
		dup2(0, 2);
	} else {
		setpgid(0, 0);
		dup2(out, 1);
		dup2(out, 2);
		close(0);
		open("/dev/null", O_RDONLY);
	}
	execvpe(words[0], words, environment);
	dprintf(2, "%s: %s\n", words[0], strerror(errno));
	_exit(127);
}

/* What comes out of the pipe, to the serial line or (buf) kept; until its end, or a second after
 * the process ended. */
static int follow(pid_t pid, int in, long long until, char *buf, size_t *len)
{
	char piece[4096];
	int status = -1;
	bool ended = false;

	for (;;) {
		struct pollfd p = {in, POLLIN, 0};
		int ready = poll(&p, 1, 20);
		ssize_t n = ready > 0 ? read(in, piece, sizeof(piece)) : -1;
		if (n > 0 && !buf)
			write_all(piece, (size_t)n);
		for (ssize_t i = 0; buf && i < n && *len < OUTPUT_MAX; i++)
			buf[(*len)++] = piece[i];
		if (!ended && waitpid(pid, &status, WNOHANG) == pid) {
			ended = true;
			if (until > now_ms() + 1000 || !until)
				until = now_ms() + 1000;
		}
		if (n == 0 && ended)
			return status;
		if (n == 0)
			usleep(1000); /* every writer is gone, the process is not */
		if (until && now_ms() > until) {
			if (!ended)
				kill(-pid, SIGKILL), waitpid(pid, &status, 0);
			return ended ? status : -1;
		}
	}
}

static int run_words(char **words, bool terminal)
{
	int ends[2], status;

	if (terminal) {
		pid_t pid = start(words, -1, true);
		while (waitpid(pid, &status, 0) < 0)
			;
		open_line(true); /* the session's end hung it up */
		return exit_code(status);
	}
	if (pipe2(ends, O_CLOEXEC))
		return 1;
	pid_t pid = start(words, ends[1], false);
	close(ends[1]);
	status = follow(pid, ends[0], 0, NULL, NULL);
	return exit_code(status);
}

static int run_command(bool terminal)
{
	static char text[OUTPUT_MAX];
	char *words[MAX_WORDS + 1];
	int n = 0, fd = open("/linux/argv", O_RDONLY);
	ssize_t size = read(fd, text, sizeof(text) - 1);

	close(fd);
	for (char *p = text; p < text + size && n < MAX_WORDS; p += strlen(p) + 1)
		words[n++] = p;
	words[n] = NULL;
	return run_words(words, terminal);
}

/* The orphans that a case left: each is our child, as we are their reaper. They get a second to end
 * by themselves. */
static bool leaves_processes(void)
{
	long long until = now_ms() + 1000;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0 && now_ms() < until)
		if (pid == 0)
			usleep(2000);
	if (pid < 0)
		return false;
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	return true;
}

/* Prints what went wrong. */
static bool run_case(char *program, char *sub, int seconds)
{
	static char out[OUTPUT_MAX + 1];
	char path[256], *words[] = {path, sub, NULL};
	size_t len = 0;
	int ends[2];

	snprintf(path, sizeof(path), "/tests/bin/%s", program);
	pipe2(ends, O_CLOEXEC);
	pid_t pid = start(words, ends[1], false);
	close(ends[1]);
	int status = follow(pid, ends[0], now_ms() + seconds * 1000LL, out, &len);
	close(ends[0]);
	out[len] = 0;
	bool left = leaves_processes();
	if (status == 0 && !strcmp(out, "ok\n") && !left)
		return true;
	printf("not ok %s %s: ", program, sub);
	if (status < 0)
		printf("no end after %d s\n", seconds);
	else if (status)
		printf("%s %d\n", WIFEXITED(status) ? "exit status" : "signal",
		    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	else
		printf("%s\n", left ? "left processes behind" : "did not print just \"ok\"");
	fwrite(out, 1, len, stdout);
	fflush(stdout);
	return false;
}

static int run_cases(void)
{
	FILE *f = fopen("/linux/cases", "re");
	char program[100], sub[100];
	int seconds, passed = 0, failed = 0;

	while (f && fscanf(f, "%99s %99s %d", program, sub, &seconds) == 3) {
		if (run_case(program, sub, seconds)) {
			passed++;
			printf("ok %s %s\n", program, sub);
			fflush(stdout);
		} else {
			failed++;
		}
		umount2("/tmp", MNT_DETACH);
		mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777");
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed || !passed;
}

/* In a process of its own: a group whose parents are all the first process counts as orphaned,
 * unlike a shell's jobs. */
static int worker(const char *what)
{
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return !strcmp(what, "cases") ? run_cases() : run_command(!strcmp(what, "terminal"));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "command";
	int status = 0;

	umask(022);
	chmod("/", 0755);
	mount_all();
	open_line(strcmp(what, "terminal"));
	set_hostname();
	write_all("\036BEGIN\n", 7);
	pid_t pid = fork();
	if (!pid)
		exit(worker(what));
	while (waitpid(-1, &status, 0) != pid)
		;
	printf("\036END %d\n", exit_code(status));
	fflush(stdout);
	tcdrain(1);
	reboot(RB_POWER_OFF);
	return 1;
}
