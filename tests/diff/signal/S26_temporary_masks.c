/* sigsuspend, ppoll, pselect, epoll_pwait: in force while the handler is chosen, gone afterwards.
 */
#include "observe.h"
#include <sys/epoll.h>
#include <sys/select.h>

static int quiet_fd[2], ready_fd[2];

static void mask_handler(int sig, siginfo_t *info UNUSED, void *context)
{
	const ucontext_t *c = context;
	sigset_t now;
	sigprocmask(SIG_BLOCK, NULL, &now);
	say("  handler %s; SIGUSR1 blocked in it: %d, after it: %d", sig_name(sig),
	    sigismember(&now, SIGUSR1), sigismember(&c->uc_sigmask, SIGUSR1));
}

static void after(const char *what, long result)
{
	sigset_t now;
	const char *name = result_name(result);
	sigprocmask(SIG_BLOCK, NULL, &now);
	say("  %s = %s, SIGUSR1 blocked %d, SIGUSR2 blocked %d", what, name,
	    sigismember(&now, SIGUSR1), sigismember(&now, SIGUSR2));
	say_pending("  pending");
	struct timespec zero = {0};
	while (sigtimedwait(SET(SIGUSR1, SIGUSR2), NULL, &zero) > 0)
		;
}

static void each(const char *title, int fd, struct timespec timeout, int sig)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	fd_set set;
	sigset_t none;
	int ep = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN};

	sigemptyset(&none);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
	say("%s, %s", title, sig_name(sig));
	raise(sig);
	after("ppoll", ppoll(&p, 1, &timeout, &none));
	FD_ZERO(&set);
	FD_SET(fd, &set);
	raise(sig);
	after("pselect", pselect(fd + 1, &set, NULL, NULL, &timeout, &none));
	raise(sig);
	after("epoll_pwait", epoll_pwait(ep, &event, 1, timeout.tv_sec * 1000, &none));
	close(ep);
}

int main(void)
{
	sigset_t none;
	sigemptyset(&none);
	MUST(pipe(quiet_fd) == 0 && pipe(ready_fd) == 0);
	MUST(write(ready_fd[1], "x", 1) == 1);
	block(SIGUSR1);
	block(SIGUSR2);
	on_signal(SIGUSR1, mask_handler, 0);
	signal(SIGUSR2, SIG_IGN);
	say("sigsuspend");
	raise(SIGUSR1);
	after("sigsuspend", sigsuspend(&none));
	each("nothing ready, 1 s", quiet_fd[0], (struct timespec){1, 0}, SIGUSR1);
	each("nothing ready, no time", quiet_fd[0], (struct timespec){0, 0}, SIGUSR1);
	each("ready, 1 s", ready_fd[0], (struct timespec){1, 0}, SIGUSR1);
	each("ready, no time", ready_fd[0], (struct timespec){0, 0}, SIGUSR1);
	each("nothing ready, no time, ignored", quiet_fd[0], (struct timespec){0, 0}, SIGUSR2);
	return 0;
}
