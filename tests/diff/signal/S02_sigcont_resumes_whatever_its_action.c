/* Blocked, ignored and caught, by each way of sending it. */
#include "observe.h"

static pid_t target;
static int pidfd;

static int by_kill(void)
{
	return kill(target, SIGCONT);
}
static int by_killpg(void)
{
	return kill(-target, SIGCONT);
}
static int by_tkill(void)
{
	return syscall(SYS_tkill, target, SIGCONT);
}
static int by_tgkill(void)
{
	return syscall(SYS_tgkill, target, target, SIGCONT);
}
static int by_queue(void)
{
	return sigqueue(target, SIGCONT, (union sigval){0});
}
static int by_pidfd(void)
{
	return syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, NULL, 0);
}

static const struct {
	const char *name;
	int (*send)(void);
} ways[] = {{"kill", by_kill}, {"killpg", by_killpg}, {"tkill", by_tkill}, {"tgkill", by_tgkill},
    {"sigqueue", by_queue}, {"pidfd_send_signal", by_pidfd}};

static int blocking(void)
{
	block(SIGCONT);
	return pause_forever();
}

static int ignoring(void)
{
	signal(SIGCONT, SIG_IGN);
	return pause_forever();
}

static int catching(void)
{
	on_signal(SIGCONT, quiet_handler, SA_RESTART);
	return pause_forever();
}

static void each_way(const char *how, int (*fn)(void))
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		int status;
		target = child(fn);
		setpgid(target, target);
		until_state(target, 'S');
		pidfd = syscall(SYS_pidfd_open, target, 0);
		kill(target, SIGSTOP);
		MUST(waitpid(target, &status, WUNTRACED) == target);
		say_status(how, status);
		say("%s: %d", ways[i].name, ways[i].send());
		MUST(waitpid(target, &status, WCONTINUED) == target);
		say_status(how, status);
		until_state(target, 'S');
		kill(target, SIGKILL);
		say_status(how, wait_for(target));
		close(pidfd);
	}
}

int main(void)
{
	each_way("blocking", blocking);
	each_way("ignoring", ignoring);
	each_way("catching", catching);
	return 0;
}
